import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createSession, type ChatgptCredential, type Credential } from '../../src/core/index.js'
import { createCasStore } from '../../src/stores/cas.js'
import { createFakeClock, credentialStoreConformance, type FakeClock } from '../../src/testing/index.js'
import { authText } from '../support/auth-document.js'
import { createMemoryCell } from '../support/cas-cell.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { credentialFrom, parseChatgpt, signedIn, untilDueMs } from '../support/signed-in.js'

const leaseMs = 15_000
const sample = (refresh_token: string) => {
  const document = JSON.parse(authText()) as { tokens: object }
  return parseChatgpt(JSON.stringify({ ...document, tokens: { ...document.tokens, refresh_token } }))
}
const tokenOf = (stored: Credential | undefined) =>
  stored?.mode === 'chatgpt' ? stored.refreshToken?.reveal() : undefined
const write = (credential: ChatgptCredential) => async () => ({ write: credential, result: undefined })
const intent = { tokenFingerprint: '0123456789abcdef', reason: 'forced', atMs: 0 }

function deferred() {
  let resolve: () => void = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

describe('a compare-and-swap store', () => {
  it.each(credentialStoreConformance)('$name', async ({ run }) => {
    const cell = createMemoryCell()
    const open = () => createCasStore(cell, { leaseMs: 3000 })
    const make = async () => ({
      store: open(),
      reopen: async () => open(),
      plant: async (document: string) => {
        cell.value = document
      },
      dispose: async () => {},
    })
    await expect(run(make)).resolves.toBeUndefined()
  })

  it('takes a cell that was seeded with an auth.json as it is', async () => {
    const store = createCasStore(createMemoryCell(authText()))
    expect(tokenOf(await store.read())).toBe('refresh-token-of-ada')
    await store.update(write(sample('second')))
    expect(tokenOf(await store.read())).toBe('second')
  })

  it('leaves no claim behind, whatever a change decides', async () => {
    const cell = createMemoryCell(authText())
    const store = createCasStore(cell)
    await store.update(async () => ({ keep: true, result: undefined }))
    expect(cell.value).not.toContain('holder')
    await store.update(write(sample('second')))
    expect(cell.value).not.toContain('holder')
    await store.update(async () => Promise.reject(new Error('no'))).catch(() => {})
    expect(cell.value).not.toContain('holder')
    await store.update(async () => ({ remove: true, result: undefined }))
    expect(cell.value).toBe('{"format":"planpass-cas-1"}')
  })

  it('names itself in its failures, which keep their side', async () => {
    const view = createMemoryCell().view()
    const store = createCasStore(view, { name: 'the secret `chatgpt`' })
    expect(store.describe()).toBe('the secret `chatgpt`')
    view.isCut = true
    const error = await caughtAuthError(store.read())
    expect(error).toMatchObject({ code: 'ERR_STORE_READ' })
    expect(error.summary).toBe('the secret `chatgpt` did not answer as it should (the connection is cut).')
    const readOnly = createCasStore({ ...view, get: async () => undefined })
    expect(await caughtCode(readOnly.update(write(sample('first'))))).toBe('ERR_STORE_WRITE')
  })
})

describe('sixteen members of a fleet over one cell', () => {
  it('spend a refresh token once, and all go on with what it brought', async () => {
    const { emulator, provider, credential, clock } = await signedIn({ reuse: 'strict' })
    const cell = createMemoryCell()
    await createCasStore(cell).update(write(credential))
    await clock.advance(untilDueMs)
    const sessions = Array.from({ length: 16 }, () =>
      createSession({ store: createCasStore(cell, { leaseMs: 3000 }), provider, clock, fetch: emulator.fetch }),
    )
    const tokens = await Promise.all(sessions.map(async (session) => (await session.accessToken()).reveal()))
    expect(new Set(tokens).size).toBe(1)
    expect(tokens[0]).not.toBe(credential.accessToken.reveal())
    expect(emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0 })
    expect(cell.value).toContain(tokens[0])
  }, 30_000)
})

/** A member that stands in the middle of a change, and another that wants its turn. */
async function contended(clock: FakeClock) {
  const cell = createMemoryCell()
  await createCasStore(cell).update(write(sample('first')))
  const view = cell.view()
  const [entered, gate] = [deferred(), deferred()]
  const holder = createCasStore(view, { clock }).update(async (_, context) => {
    await context.announce(intent)
    entered.resolve()
    await gate.promise
    return { write: sample('by the holder'), result: undefined }
  })
  holder.catch(() => {})
  await entered.promise
  const seen: (string | undefined)[] = []
  const waiter = createCasStore(cell, { clock }).update(async (current) => {
    seen.push(tokenOf(current))
    return { write: sample('by the waiter'), result: undefined }
  })
  waiter.catch(() => {})
  return { cell, view, holder, waiter, gate, seen }
}

/** Moves the clock in small steps, as time does, so that everybody's timers take their turns. */
async function pass(clock: FakeClock, milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 500) {
    await clock.advance(500)
    for (let turn = 0; turn < 12; turn++) await setImmediate()
  }
}

describe('a claim', () => {
  it('is respected as long as its holder lives, and its outcome is adopted', async () => {
    const clock = createFakeClock()
    const { cell, waiter, gate, seen } = await contended(clock)
    await pass(clock, 3 * leaseMs)
    expect(seen).toEqual([])
    expect(cell.value).toContain(intent.tokenFingerprint)
    gate.resolve()
    await pass(clock, 1000)
    await waiter
    expect(seen).toEqual(['by the holder'])
  })

  it('that stands still for a lease is taken over, and its holder then stores nothing over the successor', async () => {
    const clock = createFakeClock()
    const { cell, view, holder, waiter, gate, seen } = await contended(clock)
    view.isCut = true
    await pass(clock, leaseMs - 1000)
    expect(seen).toEqual([])
    await pass(clock, 2000)
    await waiter
    expect(seen).toEqual(['first'])
    view.isCut = false
    gate.resolve()
    expect(await caughtCode(holder)).toBe('ERR_STORE_LOCK_LOST')
    expect(cell.value).toContain('by the waiter')
  })

  it('that was lost stops its holder before a token is spent', async () => {
    const clock = createFakeClock()
    const cell = createMemoryCell()
    const view = cell.view()
    const [entered, gate] = [deferred(), deferred()]
    let spent = false
    const holder = createCasStore(view, { clock }).update(async (_, context) => {
      entered.resolve()
      await gate.promise
      await context.announce(intent)
      spent = true
      return { keep: true, result: undefined }
    })
    holder.catch(() => {})
    await entered.promise
    view.isCut = true
    const waiter = createCasStore(cell, { clock }).update(write(sample('by the waiter')))
    await pass(clock, leaseMs + 1000)
    await waiter
    view.isCut = false
    gate.resolve()
    expect(await caughtCode(holder)).toBe('ERR_STORE_LOCK_LOST')
    expect(spent).toBe(false)
  })

  it('that was lost keeps nobody from storing what a spent token brought, where nothing else has changed', async () => {
    const clock = createFakeClock()
    const { cell, view, holder, gate } = await contended(clock)
    cell.value = cell.value?.replace(/"holder":"[^"]+"/, '"holder":"somebody-else"')
    gate.resolve()
    await holder
    expect(view.isCut).toBe(false)
    expect(cell.value).toContain('by the holder')
  })

  it('of somebody who is alive but never done is waited for no longer than a minute', async () => {
    const clock = createFakeClock()
    const { waiter, gate, holder } = await contended(clock)
    await pass(clock, 61_000)
    expect(await caughtCode(waiter)).toBe('ERR_STORE_LOCKED')
    gate.resolve()
    await holder
  })
})

describe('a session whose cell cannot be reached after the exchange', () => {
  it('keeps the new token and stores it when the cell is back', async () => {
    const { emulator, provider, clock } = await signedIn({ reuse: 'strict' })
    const cell = createMemoryCell()
    const view = cell.view()
    const credential = await credentialFrom(emulator)
    await createCasStore(cell).update(write(credential))
    const fetch: typeof emulator.fetch = async (input, init) => {
      const response = await emulator.fetch(input, init)
      view.isCut = true
      return response
    }
    const session = createSession({ store: createCasStore(view), provider, clock, fetch })
    expect(await caughtCode(session.refresh())).toBe('ERR_STORE_WRITE_AFTER_ROTATION')
    view.isCut = false
    const token = await session.accessToken()
    expect(token.equals(credential.accessToken)).toBe(false)
    expect(cell.value).toContain(token.reveal())
    expect(emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0 })
  })
})

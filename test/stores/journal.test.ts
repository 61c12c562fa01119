import { readFile, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AuthError, type CredentialStore, type ErrorCode } from '../../src/core/index.js'
import { createFileStore, readJournal } from '../../src/stores/file.js'
import { authText, withTokens } from '../support/auth-document.js'
import { caught } from '../support/caught.js'
import { parseChatgpt } from '../support/signed-in.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const intent = { tokenFingerprint: '0123456789abcdef', reason: 'forced', atMs: Date.UTC(2026, 0, 1, 12) }
const next = parseChatgpt(authText(withTokens({ refresh_token: 'next' })))

async function profile() {
  const path = join(await temporaryFolder(), 'auth.json')
  await writeFile(path, authText(), { mode: 0o600 })
  return { path, store: createFileStore(path) }
}

/** An exchange that fails. */
const failWith = (store: CredentialStore, code: ErrorCode, announced = intent) =>
  caught(
    store.update(async (_, context) => {
      await context.announce(announced)
      throw new AuthError(code, 'It failed.')
    }),
  )

describe('the journal', () => {
  it('says who is about to spend which token, before it is spent, and nothing secret', async () => {
    const { path, store } = await profile()
    await store.update(async (_, context) => {
      await context.announce(intent)
      expect(await readJournal(path)).toEqual([
        { ...intent, id: expect.any(String), pid: process.pid, host: hostname() },
      ])
      expect((await stat(`${path}.planpass-journal`)).mode & 0o777).toBe(0o600)
      const text = await readFile(`${path}.planpass-journal`, 'utf8')
      expect(text).toContain('"at": "2026-01-01T12:00:00.000Z"')
      expect(text).not.toContain('refresh-token-of-ada')
      return { keep: true, result: undefined }
    })
  })

  it('is empty once the new token is stored', async () => {
    const { path, store } = await profile()
    await failWith(store, 'ERR_NETWORK_TIMEOUT')
    await store.update(async (_, context) => {
      await context.announce(intent)
      return { write: next, result: undefined }
    })
    expect(await readJournal(path)).toEqual([])
  })

  it('is empty once nothing is stored', async () => {
    const { path, store } = await profile()
    await failWith(store, 'ERR_NETWORK_TIMEOUT')
    await store.update(async () => ({ remove: true, result: undefined }))
    expect(await readJournal(path)).toEqual([])
  })

  it.each([
    'ERR_TOKEN_REFRESH_EXPIRED',
    'ERR_TOKEN_REFRESH_REUSED',
    'ERR_TOKEN_REFRESH_REVOKED',
    'ERR_TOKEN_REFRESH_REJECTED',
  ] as const)('forgets an intent that was answered with %s', async (code) => {
    const { path, store } = await profile()
    await failWith(store, code)
    expect(await readJournal(path)).toEqual([])
  })

  it.each([
    'ERR_NETWORK_TIMEOUT',
    'ERR_NETWORK_UNREACHABLE',
    'ERR_TOKEN_REFRESH_UNAVAILABLE',
    'ERR_UPSTREAM_BAD_RESPONSE',
  ] as const)('keeps an intent that ended with %s: nobody knows whether the token is spent', async (code) => {
    const { path, store } = await profile()
    await failWith(store, code)
    expect(await readJournal(path)).toMatchObject([intent])
  })

  it('keeps the first and the last of many tries', async () => {
    const { path, store } = await profile()
    for (const atMs of [1000, 2000, 3000]) await failWith(store, 'ERR_NETWORK_TIMEOUT', { ...intent, atMs })
    expect((await readJournal(path)).map(({ atMs }) => atMs)).toEqual([1000, 3000])
  })

  it('forgets the tokens before', async () => {
    const { path, store } = await profile()
    await failWith(store, 'ERR_NETWORK_TIMEOUT', { ...intent, tokenFingerprint: 'the one before' })
    await failWith(store, 'ERR_NETWORK_TIMEOUT')
    expect(await readJournal(path)).toMatchObject([intent])
  })

  it('explains a token that is refused as used: somebody has announced it and was never heard of again', async () => {
    const { path, store } = await profile()
    await failWith(createFileStore(path), 'ERR_NETWORK_TIMEOUT', { ...intent, atMs: 1000 })
    await store.update(async (_, context) => {
      await context.announce(intent)
      expect(await store.unfinishedIntent?.(intent.tokenFingerprint)).toMatchObject({ atMs: 1000, pid: process.pid })
      return { keep: true, result: undefined }
    })
    expect(await store.unfinishedIntent?.(intent.tokenFingerprint)).toMatchObject({ atMs: 1000 })
    expect(await store.unfinishedIntent?.('another token')).toBeUndefined()
  })

  it('does not accuse an update that is under way itself', async () => {
    const { store } = await profile()
    await store.update(async (_, context) => {
      await context.announce(intent)
      expect(await store.unfinishedIntent?.(intent.tokenFingerprint)).toBeUndefined()
      return { keep: true, result: undefined }
    })
  })

  it.each(['', 'no JSON', '[]', '{"intents":[{"id":1}, null, "x"]}'])(
    'stops nobody when it is damaged: %j',
    async (text) => {
      const { path, store } = await profile()
      await writeFile(`${path}.planpass-journal`, text)
      expect(await readJournal(path)).toEqual([])
      await failWith(store, 'ERR_NETWORK_TIMEOUT')
      expect(await readJournal(path)).toMatchObject([intent])
    },
  )
})

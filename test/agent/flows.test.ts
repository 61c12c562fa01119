import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSession } from '../../src/core/index.js'
import { createFileStore } from '../../src/stores/index.js'
import { createHurryingClock } from '../support/hurrying-clock.js'
import { createAgentLab, expectAwaiting, grace, readTree } from './agent-lab.js'

const interval = 6000

describe('a sign-in that an agent starts', () => {
  it('shows a code, waits for the person, and signs in with one check', async () => {
    const { agent, emulator, clock, count, canary } = await createAgentLab()
    expect(await agent.status()).toMatchObject({ status: 'signed_out', nextAction: 'none' })

    const started = expectAwaiting(await agent.start())
    expect(started).toMatchObject({ nextAction: 'show_code', verificationUri: agent.verificationUri })
    expect(started.flowId).toMatch(/^flow_[\w-]{22}$/)
    expect(started.verificationUri).not.toContain(started.userCode)
    expect(started.flowId).not.toContain(started.userCode)

    emulator.approve(started.userCode)
    await clock.advance(interval)
    const signedIn = await agent.check({ flowId: started.flowId })

    expect(signedIn).toMatchObject({
      status: 'signed_in',
      account: { email: 'a***@example.test', plan: 'plus' },
      nextAction: 'host_refresh_models',
    })
    expect(signedIn).not.toHaveProperty('account.accountId')
    expect(count('device-token')).toBe(1)
    expect(await agent.status()).toMatchObject({ status: 'signed_in', modelCount: expect.any(Number) })
    expect(canary.song()).toEqual([])
  })

  it('tells all of the account to a host that asks for it', async () => {
    const { open, signIn, emulator } = await createAgentLab()
    await signIn()
    const [ada] = emulator.accounts
    expect(await open({ discloses: 'full' }).status()).toMatchObject({
      account: { email: ada?.email, accountId: ada?.accountId },
    })
  })

  it('is the same sign-in when it is started again, also by another process', async () => {
    const { agent, open, count } = await createAgentLab()
    const first = expectAwaiting(await agent.start())
    expect(await agent.start()).toMatchObject({ flowId: first.flowId, userCode: first.userCode })
    expect(await open().start()).toMatchObject({ flowId: first.flowId, userCode: first.userCode })
    expect(await open().status()).toMatchObject({ status: 'awaiting_user', flowId: first.flowId })
    expect(count('device-user-code')).toBe(1)
  })

  it('has a new code once the old one has ended', async () => {
    const { agent, clock } = await createAgentLab()
    const first = expectAwaiting(await agent.start())
    await clock.advance(15 * 60_000)
    expect(await agent.status()).toMatchObject({ status: 'signed_out' })
    expect(await agent.check({ flowId: first.flowId })).toMatchObject({
      status: 'expired',
      nextAction: 'start_again',
    })
    expect(expectAwaiting(await agent.start()).userCode).not.toBe(first.userCode)
  })

  it('is not needed when somebody is signed in, unless switching was asked for', async () => {
    const { agent, signIn, count, emulator, clock } = await createAgentLab()
    await signIn()
    expect(await agent.start()).toMatchObject({ status: 'already_signed_in', nextAction: 'none' })
    expect(count('device-user-code')).toBe(1)

    const switched = expectAwaiting(await agent.start({ switchAccount: true }))
    emulator.approve(switched.userCode, grace)
    await clock.advance(interval)
    expect(await agent.check()).toMatchObject({ status: 'signed_in', account: { email: 'g***@example.test' } })
    expect(await agent.models()).toMatchObject({ status: 'models' })
  })

  it('refuses another account than the one that is signed in', async () => {
    const { agent, signIn, emulator, clock, canary } = await createAgentLab()
    await signIn()
    emulator.expireRefreshTokens()
    await agent.refresh()
    await clock.advance(2 * 60 * 60_000)
    expect(await agent.status()).toMatchObject({ status: 'reauth_required', nextAction: 'start_again' })

    const again = expectAwaiting(await agent.start())
    emulator.approve(again.userCode, grace)
    await clock.advance(interval)
    const refused = await agent.check()
    expect(refused).toMatchObject({ status: 'error', code: 'wrong_account' })
    expect(JSON.stringify(refused)).not.toContain('example.test')
    expect(await agent.check({ flowId: again.flowId })).toMatchObject({ code: 'wrong_account' })
    expect(canary.song()).toEqual([])
  })

  it('ends when the person refuses, and stays ended', async () => {
    const { agent, emulator, clock, count } = await createAgentLab()
    const { flowId, userCode } = expectAwaiting(await agent.start())
    emulator.deny(userCode)
    await clock.advance(interval)
    expect(await agent.check()).toMatchObject({ status: 'denied', nextAction: 'none' })
    expect(await agent.check({ flowId })).toMatchObject({ status: 'denied' })
    expect(count('device-token')).toBe(1)
  })

  it('can be called off', async () => {
    const { agent, emulator, clock, count } = await createAgentLab()
    const { flowId, userCode } = expectAwaiting(await agent.start())
    expect(await agent.cancel({ flowId })).toMatchObject({ status: 'cancelled' })
    emulator.approve(userCode)
    await clock.advance(interval)
    expect(await agent.check({ flowId })).toMatchObject({ status: 'cancelled' })
    expect(await agent.status()).toMatchObject({ status: 'signed_out' })
    expect(count('device-token')).toBe(0)
  })

  it('cannot be finished after a sign-out', async () => {
    const { agent, open, emulator, clock, count, flowFile } = await createAgentLab()
    const { flowId, userCode } = expectAwaiting(await agent.start())
    emulator.approve(userCode)
    await clock.advance(interval)
    expect(await agent.signOut()).toMatchObject({ status: 'signed_out', removed: false })
    expect(await open().check({ flowId })).toMatchObject({ status: 'cancelled' })
    expect(await open().check()).toMatchObject({ status: 'cancelled' })
    expect(count('device-token')).toBe(0)
    expect(await readFile(flowFile, 'utf8')).not.toContain('deviceAuthId')
  })

  it('cannot switch accounts after a sign-out by other means', async () => {
    const { agent, signIn, emulator, clock, folder, provider, count } = await createAgentLab()
    await signIn()
    const { userCode } = expectAwaiting(await agent.start({ switchAccount: true }))
    const store = createFileStore(join(folder, 'auth.json'))
    await createSession({ store, provider, fetch: emulator.fetch, clock }).signOut()
    emulator.approve(userCode, grace)
    await clock.advance(interval)
    expect(await agent.check()).toMatchObject({ status: 'cancelled' })
    expect(count('device-token')).toBe(1)
  })

  it('says which setting is off when codes are', async () => {
    const { agent, emulator } = await createAgentLab()
    emulator.faults.add({ endpoint: 'device-user-code', status: 404 })
    expect(await agent.start()).toMatchObject({
      status: 'error',
      code: 'device_login_disabled',
      nextAction: 'enable_device_login',
      retryable: false,
    })
  })

  it('takes a made-up flow id for nothing, and repeats none of it', async () => {
    const { agent, count } = await createAgentLab()
    await agent.start()
    const secret = 'sk-live-0123456789abcdefghijklmnop'
    const answer = await agent.check({ flowId: secret })
    expect(answer).toMatchObject({ status: 'error', code: 'unknown_flow' })
    expect(JSON.stringify(answer)).not.toContain(secret)
    expect(await agent.cancel({ flowId: secret })).toMatchObject({ code: 'unknown_flow' })
    expect(count('device-token')).toBe(0)
  })
})

describe('checks that come too often', () => {
  it('ask nobody before the interval is over', async () => {
    const { agent, clock, count } = await createAgentLab()
    await agent.start()
    for (let index = 0; index < 50; index += 1) await agent.check()
    expect(count('device-token')).toBe(0)
    await clock.advance(interval)
    for (let index = 0; index < 50; index += 1)
      expect(await agent.check()).toMatchObject({ status: 'awaiting_user', nextAction: 'wait_for_user' })
    expect(count('device-token')).toBe(1)
  })

  it('ask nobody twice within one turn of the person, whatever the time', async () => {
    const { agent, clock, count } = await createAgentLab()
    await agent.start({ turn: 'one' })
    await clock.advance(60_000)
    await agent.check({ turn: 'one' })
    expect(count('device-token')).toBe(0)
    await agent.check({ turn: 'two' })
    await clock.advance(60_000)
    await agent.check({ turn: 'two' })
    expect(count('device-token')).toBe(1)
  })

  it('wait longer when the issuer says so', async () => {
    const { agent, clock, emulator, count } = await createAgentLab()
    await agent.start()
    emulator.faults.add({ endpoint: 'device-token', status: 400, body: { error: 'slow_down' }, times: 1 })
    await clock.advance(interval)
    await agent.check()
    await clock.advance(interval)
    await agent.check()
    expect(count('device-token')).toBe(1)
    await clock.advance(interval)
    await agent.check()
    expect(count('device-token')).toBe(2)
  })
})

describe('waiting in the engine', () => {
  const lab = () => createAgentLab({ clock: createHurryingClock() })

  it('ends with the sign-in, in the rhythm of the issuer', async () => {
    const { agent, emulator, count } = await lab()
    const { userCode } = expectAwaiting(await agent.start())
    let waited = 0
    const result = await agent.wait({ onWaiting: () => void ((waited += 1) === 3 && emulator.approve(userCode)) })
    expect(result).toMatchObject({ status: 'signed_in' })
    expect(waited).toBe(3)
    expect(count('device-token')).toBe(3)
  })

  it('gives up after 45 seconds with the code still good', async () => {
    const { agent, count, clock } = await lab()
    await agent.start()
    const startMs = clock.now()
    expect(await agent.wait()).toMatchObject({ status: 'awaiting_user', nextAction: 'wait_for_user' })
    expect(clock.now() - startMs).toBeLessThanOrEqual(45_000)
    expect(count('device-token')).toBeLessThan(10)
  })

  it('stops when it is told to, and the sign-in goes on', async () => {
    const { agent, emulator, clock } = await lab()
    const { userCode } = expectAwaiting(await agent.start())
    const controller = new AbortController()
    const waiting = agent.wait({ signal: controller.signal, onWaiting: () => controller.abort() })
    await expect(waiting).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
    emulator.approve(userCode)
    await clock.sleep(interval)
    expect(await agent.check()).toMatchObject({ status: 'signed_in' })
  })

  it('goes on when the network fails in passing', async () => {
    const { agent, emulator } = await lab()
    const { userCode } = expectAwaiting(await agent.start())
    emulator.faults.add({ endpoint: 'device-token', drop: 'before', times: 2 })
    emulator.approve(userCode)
    expect(await agent.wait()).toMatchObject({ status: 'signed_in' })
  })
})

describe('what is kept of a sign-in under way', () => {
  it('lies in the profile, for its owner alone, and is gone when it is over', async () => {
    const { agent, emulator, clock, folder, flowFile, canary } = await createAgentLab()
    const { userCode } = expectAwaiting(await agent.start())
    expect((await stat(flowFile)).mode & 0o777).toBe(0o600)
    emulator.approve(userCode)
    await clock.advance(interval)
    await agent.check()
    const others = (await readTree(folder)).filter(({ path }) => !path.endsWith('auth.json'))
    for (const { path, text } of others) canary.show(path, text)
    expect(canary.song()).toEqual([])
    expect(others.filter(({ mode }) => mode !== 0o600)).toEqual([])
  })

  it('survives its process', async () => {
    const { agent, open, emulator, clock } = await createAgentLab()
    const { flowId, userCode } = expectAwaiting(await agent.start())
    emulator.approve(userCode)
    await clock.advance(interval)
    expect(await open().check({ flowId })).toMatchObject({ status: 'signed_in' })
    expect(await agent.check({ flowId })).toMatchObject({ status: 'signed_in' })
  })

  it.each(['{"flowId":', '[]', '{}', '"text"', '', '{"state":"waiting","flowId":"flow_0123456789012345678901"}'])(
    'costs nothing when it cannot be read: %s',
    async (text) => {
      const { agent, signIn, flowFile } = await createAgentLab()
      await signIn()
      await writeFile(flowFile, text)
      expect(await agent.status()).toMatchObject({ status: 'signed_in' })
      expect(await agent.check()).toMatchObject({ status: 'error', code: 'flow_unreadable' })
      expect(await agent.start()).toMatchObject({ status: 'already_signed_in' })
      expect(await agent.signOut()).toMatchObject({ status: 'signed_out', removed: true, revocation: 'revoked' })
      await writeFile(flowFile, text)
      expectAwaiting(await agent.start())
    },
  )

  it('is none of an issuer it was not started with', async () => {
    const { agent, open, provider } = await createAgentLab()
    await agent.start()
    const elsewhere = open({ provider: { ...provider, issuer: 'https://elsewhere.example' } })
    expect(await elsewhere.status()).toMatchObject({ status: 'signed_out' })
    expect(await elsewhere.check()).toMatchObject({ code: 'unknown_flow' })
  })
})

describe('a process that dies at the wrong moment', () => {
  it('loses nothing between the approval and the exchange', async () => {
    const { agent, open, emulator, clock } = await createAgentLab()
    const { flowId, userCode } = expectAwaiting(await agent.start())
    emulator.approve(userCode)
    await clock.advance(interval)
    emulator.faults.add({ endpoint: 'token', drop: 'before', times: 1 })
    expect(await agent.check()).toMatchObject({ status: 'error', code: 'network', retryable: true })
    expect(await open().check({ flowId })).toMatchObject({ status: 'signed_in' })
  })

  it('loses the approval while the issuer answers, says so, and replaces nothing', async () => {
    const { agent, open, emulator, clock, count } = await createAgentLab()
    const { flowId, userCode } = expectAwaiting(await agent.start())
    emulator.approve(userCode)
    await clock.advance(interval)
    emulator.faults.add({ endpoint: 'token', drop: 'after', times: 1 })
    expect(await agent.check()).toMatchObject({ code: 'network' })
    expect(await open().check({ flowId })).toMatchObject({ code: 'approval_lost', nextAction: 'start_again' })
    expect(await open().check({ flowId })).toMatchObject({ code: 'approval_lost' })
    expect(count('token')).toBe(2)
    expectAwaiting(await agent.start())
  })

  it('has signed in when it dies after that', async () => {
    const { agent, open, emulator, clock, flowFile, count } = await createAgentLab()
    const { flowId, userCode } = expectAwaiting(await agent.start())
    emulator.approve(userCode)
    await clock.advance(interval)
    emulator.faults.add({ endpoint: 'token', drop: 'before', times: 1 })
    await agent.check()
    const approved = await readFile(flowFile, 'utf8')
    await agent.check()
    await writeFile(flowFile, approved)
    expect(await open().check({ flowId })).toMatchObject({ status: 'signed_in' })
    expect(count('token')).toBe(2)
  })
})

describe('agents that race', () => {
  it('share one code when they start at once', async () => {
    const { open, count } = await createAgentLab()
    const results = await Promise.all(Array.from({ length: 6 }, () => open().start()))
    expect(new Set(results.map((result) => expectAwaiting(result).userCode)).size).toBe(1)
    expect(count('device-user-code')).toBe(1)
  })

  it('sign in once when they check at once', async () => {
    const { agent, open, emulator, clock, count } = await createAgentLab()
    const { flowId, userCode } = expectAwaiting(await agent.start())
    emulator.approve(userCode)
    await clock.advance(interval)
    const results = await Promise.all(Array.from({ length: 6 }, () => open().check({ flowId })))
    expect(results.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 'signed_in'))
    expect([count('device-token'), count('token')]).toEqual([1, 1])
    expect(emulator.sessions).toHaveLength(1)
  })

  it('start nothing new once one of them has signed in', async () => {
    const { agent, open, emulator, clock, count } = await createAgentLab()
    const { userCode } = expectAwaiting(await agent.start())
    emulator.approve(userCode)
    await clock.advance(interval)
    const [, started] = await Promise.all([open().check(), open().start()])
    expect(['awaiting_user', 'already_signed_in']).toContain(started.status)
    expect(await agent.status()).toMatchObject({ status: 'signed_in' })
    expect(count('device-user-code')).toBe(1)
  })

  it('refresh without losing the session', async () => {
    const { agent, open, signIn, emulator } = await createAgentLab()
    await signIn()
    const results = await Promise.all(Array.from({ length: 4 }, () => open().refresh()))
    expect(results.map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => 'signed_in'))
    expect(emulator.log.filter(({ outcome }) => outcome?.includes('reused'))).toEqual([])
    expect(await agent.models({ force: true })).toMatchObject({ status: 'models', source: 'network' })
  })

  it('let a sign-out win over a check', async () => {
    const { agent, open, emulator, clock } = await createAgentLab()
    const { userCode } = expectAwaiting(await agent.start())
    emulator.approve(userCode)
    await clock.advance(interval)
    await Promise.all([agent.signOut(), open().check()])
    expect((await agent.signOut()).status).toBe('signed_out')
    expect(await agent.status()).toMatchObject({ status: 'signed_out' })
    expect(await open().check()).toMatchObject({ status: expect.stringMatching(/cancelled|error/) })
  })
})

describe('without a network', () => {
  it('everything that needs it says so, and nothing is lost', async () => {
    const { agent, emulator, clock } = await createAgentLab()
    const { userCode } = expectAwaiting(await agent.start())
    for (const endpoint of ['device-token', 'device-user-code', 'models', 'usage', 'token', 'revoke'] as const)
      emulator.faults.add({ endpoint, drop: 'before' })
    await clock.advance(interval)
    expect(await agent.check()).toMatchObject({ status: 'error', code: 'network', retryable: true })
    expect(await agent.status()).toMatchObject({ status: 'awaiting_user', userCode })
    emulator.faults.clear()
    emulator.approve(userCode)
    expect(await agent.check()).toMatchObject({ status: 'signed_in' })
    emulator.faults.add({ endpoint: 'revoke', drop: 'before' })
    expect(await agent.signOut()).toMatchObject({ removed: true, revocation: 'failed' })
  })

  it('a start says so', async () => {
    const { agent, emulator } = await createAgentLab()
    emulator.faults.add({ endpoint: 'device-user-code', drop: 'before' })
    expect(await agent.start()).toMatchObject({ code: 'network', nextAction: 'try_again_later' })
  })
})

it('a folder that cannot be written is told apart', async () => {
  const { open, folder } = await createAgentLab()
  await rm(folder, { recursive: true })
  await writeFile(folder, 'a file in its place')
  expect(await open().start()).toMatchObject({ status: 'error', code: 'store_unavailable' })
  expect(await open().status()).toMatchObject({ status: expect.stringMatching(/error|signed_out/) })
})

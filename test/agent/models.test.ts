import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openAgent, type Agent, type ModelsChanged } from '../../src/agent/index.js'
import { createHurryingClock } from '../support/hurrying-clock.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { createAgentLab, expectAwaiting, grace, type AgentLab } from './agent-lab.js'

const interval = 6000

async function switchTo(agent: Agent, { emulator, clock }: AgentLab): Promise<void> {
  const { userCode } = expectAwaiting(await agent.start({ switchAccount: true }))
  emulator.approve(userCode, grace)
  await clock.advance(interval)
  expect(await agent.check()).toMatchObject({ status: 'signed_in', account: { email: 'g***@example.test' } })
}

describe('the event modelsChanged', () => {
  it('comes with a sign-in, a changed list and a sign-out', async () => {
    const { agent, signIn, emulator } = await createAgentLab()
    const events: ModelsChanged[] = []
    const unsubscribe = agent.subscribe((event) => events.push(event))
    await signIn()
    await agent.models({ force: true })
    emulator.scenario.models = emulator.scenario.models.slice(0, 1)
    await agent.models({ force: true })
    expect(await agent.signOut()).toMatchObject({ nextAction: 'none' })
    unsubscribe()
    await agent.signOut()
    expect(events.map(({ reason, models }) => [reason, models.length > 0])).toEqual([
      ['signed_in', true],
      ['list_changed', true],
      ['signed_out', false],
    ])
    expect(events[1]?.models).toHaveLength(1)
  })

  it('takes the place of a refreshed page, where a host listens', async () => {
    const { agent, emulator, clock } = await createAgentLab()
    agent.subscribe(() => {
      throw new Error('a listener that fails')
    })
    const { userCode } = expectAwaiting(await agent.start())
    emulator.approve(userCode)
    await clock.advance(interval)
    expect(await agent.check()).toMatchObject({ status: 'signed_in', nextAction: 'choose_model' })
  })
})

describe('a backend that takes a question and says nothing', () => {
  it('holds up neither a sign-in nor whoever asks', async () => {
    const { agent, emulator, clock } = await createAgentLab()
    const { userCode } = expectAwaiting(await agent.start())
    emulator.approve(userCode)
    await clock.advance(interval)
    for (const endpoint of ['models', 'usage'] as const) emulator.faults.add({ endpoint, delayMs: 3_600_000 })
    // The issuer answers the check in time; for the backend all deadlines have passed.
    const passed = AbortSignal.abort(new DOMException('It took too long.', 'TimeoutError'))
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(new AbortController().signal)
    timeout.mockReturnValue(passed)
    onTestFinished(() => timeout.mockRestore())
    expect(await agent.check()).toMatchObject({ status: 'signed_in' })
    expect(await agent.models()).toMatchObject({ status: 'error', code: 'network', retryable: true })
    expect(await agent.usage()).toMatchObject({ status: 'error', code: 'network', retryable: true })
  })
})

describe('watching the models', () => {
  it('tells what another process did, and nothing twice', async () => {
    const lab = await createAgentLab({ clock: createHurryingClock() })
    const controller = new AbortController()
    const events: ModelsChanged[] = []
    const watching = (async () => {
      for await (const event of lab.open().watchModels({ signal: controller.signal })) {
        events.push(event)
        if (events.length === 1) await lab.signIn()
        if (events.length === 2) await lab.agent.signOut()
        if (events.length === 3) controller.abort()
      }
    })()
    await watching
    expect(events.map(({ reason }) => reason)).toEqual(['signed_out', 'signed_in', 'signed_out'])
  })
})

describe('reading for whoever is signed in', () => {
  it('goes on as somebody else when another process has switched accounts', async () => {
    const lab = await createAgentLab()
    await lab.signIn()
    await lab.agent.models({ force: true })
    await switchTo(lab.open(), lab)
    expect(await lab.agent.models({ force: true })).toMatchObject({ status: 'models', source: 'network' })
    expect(await lab.agent.status()).toMatchObject({ account: { email: 'g***@example.test', plan: 'pro' } })
    expect(lab.canary.song()).toEqual([])
  })

  it('renews a token that the backend no longer takes, once', async () => {
    const { agent, signIn, emulator, count } = await createAgentLab()
    await signIn()
    emulator.expireAccessTokens()
    const before = count('token')
    expect(await agent.usage({ force: true })).toMatchObject({ status: 'usage', source: 'network' })
    expect(count('token')).toBe(before + 1)
  })

  it('says that only the person can help when the sign-in is over', async () => {
    const { agent, signIn, emulator } = await createAgentLab()
    await signIn()
    emulator.expireAccessTokens()
    emulator.expireRefreshTokens()
    expect(await agent.models({ force: true })).toMatchObject({ status: 'reauth_required', nextAction: 'start_again' })
  })

  it.each([
    [429, 'rate_limited'],
    [500, 'upstream'],
  ] as const)('tells a status of %i as %s', async (status, code) => {
    const { agent, signIn, emulator } = await createAgentLab()
    emulator.faults.add({ endpoint: 'models', status, body: {} })
    await signIn()
    expect(await agent.models({ force: true })).toMatchObject({ status: 'error', code, retryable: true })
  })
})

it('an agent of the default profile lies in the home that the variables name', async () => {
  const home = await temporaryFolder()
  const variables = { PLANPASS_HOME: home, PLANPASS_ISSUER: 'http://127.0.0.1:9' }
  const agent = openAgent({ environment: { variables } })
  expect(agent.verificationUri).toBe('http://127.0.0.1:9/codex/device')
  expect(await agent.status()).toMatchObject({ status: 'signed_out' })
  expect(await agent.start()).toMatchObject({ status: 'error', code: 'network', retryable: true })
})

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createAgent } from '../../src/agent/index.js'
import { createSkill, type SkillResult } from '../../src/agent/skill.js'
import type { EmulatorOptions, Fault } from '../../src/testing/index.js'
import { createAgentLab, grace, type AgentLab } from './agent-lab.js'

const interval = 6000

async function skillLab(options?: EmulatorOptions) {
  const lab = await createAgentLab(options)
  const skill = createSkill({ agent: lab.agent, clock: lab.clock })
  const approve = async (started: SkillResult) => {
    if (started.ok && typeof started['user_code'] === 'string') lab.emulator.approve(started['user_code'])
    await lab.clock.advance(interval)
  }
  return { ...lab, skill, approve }
}

const sorted = (result: object) => Object.keys(result).toSorted()

/** The keys that the published skill returns, and where ours differ (decision 0015). */
const published = {
  statusConnected: [
    'ok',
    'state',
    'connected',
    'email',
    'account_id',
    'expires_at',
    'expires_in_seconds',
    'updated_at',
    'models_count',
    'models_fetched_at',
    'default_model_id',
    'available_models',
    'usage',
    'usage_fetched_at',
  ],
  statusDisconnected: ['ok', 'state', 'connected', 'verification_url_root', 'hint'],
  // Without `verification_url_with_code`: a code never stands in an address.
  start: [
    'ok',
    'status',
    'pending_id',
    'user_code',
    'verification_url',
    'interval_seconds',
    'expires_in_seconds',
    'instructions',
  ],
  pollPending: ['ok', 'status', 'message'],
  pollConnected: [
    'ok',
    'status',
    'email',
    'account_id',
    'expires_at',
    'models_count',
    'default_model_id',
    'available_models',
    'usage',
    'cache_flush',
    'next_step',
  ],
  // With `revocation`: what became of the session at the issuer.
  logout: ['ok', 'status', 'removed', 'cache_flush', 'revocation'],
  refresh: ['ok', 'status', 'expires_at', 'expires_in_seconds'],
  models: ['ok', 'source', 'count', 'available_models', 'fetched_at'],
  usage: ['ok', 'source', 'usage'],
  usageUnavailable: ['ok', 'source', 'hint', 'usage'],
  // With `code` and `hint` on every failure.
  failure: ['ok', 'error', 'code', 'hint'],
}

function expectKeys(result: SkillResult, keys: readonly string[]): void {
  expect(sorted(result)).toEqual(keys.toSorted())
}

function expectFailure(result: SkillResult, { code, error = /./ }: { code: string; error?: string | RegExp }): void {
  expectKeys(result, published.failure)
  expect(result).toMatchObject({ ok: false, code, error: expect.stringMatching(error) })
}

describe('status()', () => {
  it('says that nobody is connected, and where one would sign in', async () => {
    const { skill, emulator } = await skillLab()
    const result = await skill.status()
    expectKeys(result, published.statusDisconnected)
    expect(result).toMatchObject({
      ok: true,
      state: 'not_connected',
      connected: false,
      verification_url_root: `${emulator.issuer}/codex/device`,
    })
  })

  it('says who is connected, with the prefix before every model, and asks nobody', async () => {
    const { skill, signIn, emulator, clock } = await skillLab()
    await signIn()
    emulator.clearLog()
    const result = await skill.status()
    expectKeys(result, published.statusConnected)
    expect(result).toMatchObject({
      ok: true,
      state: 'connected',
      connected: true,
      email: 'a***@example.test',
      account_id: null,
      expires_at: Math.floor(clock.now() / 1000) + 3600,
      expires_in_seconds: 3600,
      updated_at: Math.floor(clock.now() / 1000),
      usage: { plan_type: 'plus', windows: expect.any(Array) },
    })
    const { available_models: models, default_model_id: first, models_count: count } = result as never
    expect(models).toHaveLength(count)
    expect((models as string[]).every((id) => id.startsWith('openai-codex/'))).toBe(true)
    expect((models as string[])[0]).toBe(first)
    expect(emulator.log).toEqual([])
  })

  it('tells a sign-in that ends soon, and one that has ended', async () => {
    const { skill, signIn, emulator, clock, agent } = await skillLab()
    await signIn()
    await clock.advance(56 * 60_000)
    expect(await skill.status()).toMatchObject({ state: 'expiring', connected: true, expires_in_seconds: 240 })
    emulator.expireRefreshTokens()
    await agent.refresh()
    await clock.advance(60 * 60_000)
    expect(await skill.status()).toMatchObject({ state: 'reauth_required', connected: false, expires_in_seconds: 0 })
  })

  it('leaves the key of somebody else alone', async () => {
    const { skill, folder } = await skillLab()
    await writeFile(join(folder, 'auth.json'), JSON.stringify({ auth_mode: 'apikey', OPENAI_API_KEY: 'sk-other' }))
    const result = await skill.status()
    expect(result).toMatchObject({ ok: true, state: 'other_credential', connected: false })
    expectFailure(await skill.start(), { code: 'other_credential' })
  })

  it('says when the store cannot be read, in an object like any other failure', async () => {
    const { skill, folder } = await skillLab()
    await writeFile(join(folder, 'auth.json'), 'not json')
    expectFailure(await skill.status(), { code: 'store_unavailable' })
  })
})

describe('start()', () => {
  it('gives an address and a code apart, under an id that is neither', async () => {
    const { skill, emulator } = await skillLab()
    const result = await skill.start()
    expectKeys(result, published.start)
    expect(result).toMatchObject({
      ok: true,
      status: 'pending',
      verification_url: `${emulator.issuer}/codex/device`,
      interval_seconds: 5,
      expires_in_seconds: 900,
    })
    const { pending_id: id, user_code: code, verification_url: url } = result as unknown as Record<string, string>
    expect(id).toMatch(/^flow_/)
    expect(id).not.toBe(code)
    expect(url).not.toContain(code)
  })

  it('says that somebody is connected, and stops', async () => {
    const { skill, signIn, count } = await skillLab()
    await signIn()
    expect(await skill.start()).toMatchObject({ ok: true, status: 'connected', email: 'a***@example.test' })
    expect(count('device-user-code')).toBe(1)
    expect(await skill.start({ switchAccount: true })).toMatchObject({ ok: true, status: 'pending' })
  })

  const failures: [string, Omit<Fault, 'endpoint'>, string][] = [
    ['codes are switched off', { status: 404 }, 'device_login_disabled'],
    ['there is no network', { drop: 'before' }, 'network'],
    ['the service is out of order', { status: 503 }, 'upstream'],
    ['a proxy answers', { status: 403, html: '<html>blocked</html>' }, 'upstream'],
    ['the answer is no JSON', { body: 'hello' }, 'upstream'],
  ]
  it.each(failures)('fails as data when %s', async (_when, fault, code) => {
    const { skill, emulator } = await skillLab()
    emulator.faults.add({ endpoint: 'device-user-code', ...fault })
    expectFailure(await skill.start(), { code })
  })
})

describe('poll()', () => {
  it('stays ok while nobody has approved', async () => {
    const { skill, clock } = await skillLab()
    await skill.start()
    await clock.advance(interval)
    const result = await skill.poll()
    expectKeys(result, published.pollPending)
    expect(result).toMatchObject({ ok: true, status: 'pending' })
    expect(JSON.stringify(result)).not.toMatch(/call poll again/i)
  })

  it('connects, with models and usage at hand, and says to refresh the page first', async () => {
    const { skill, approve } = await skillLab()
    const started = await skill.start()
    await approve(started)
    const result = await skill.poll((started as unknown as Record<string, string>)['pending_id'])
    expectKeys(result, published.pollConnected)
    expect(result).toMatchObject({
      ok: true,
      status: 'connected',
      email: 'a***@example.test',
      usage: { windows: expect.any(Array) },
      cache_flush: { ok: false, reason: 'no_listener' },
      next_step: expect.stringMatching(/refresh your browser page.*\/model openai-codex\//),
    })
    expect(await skill.poll()).toMatchObject({ ok: true, status: 'connected' })
  })

  it('says that a host was told, when one listens', async () => {
    const { skill, approve, agent } = await skillLab()
    agent.subscribe(() => {})
    await approve(await skill.start())
    expect(await skill.poll()).toMatchObject({ cache_flush: { ok: true } })
  })

  it('connects also when neither models nor usage can be had', async () => {
    const { skill, approve, emulator } = await skillLab()
    for (const endpoint of ['models', 'usage'] as const) emulator.faults.add({ endpoint, status: 503 })
    await approve(await skill.start())
    const result = await skill.poll()
    expectKeys(result, published.pollConnected)
    expect(result).toMatchObject({ status: 'connected', models_count: 0, default_model_id: null, usage: null })
  })

  it('tells a flow that never was from one that expired, was denied or called off', async () => {
    const { skill, emulator, clock, agent } = await skillLab()
    const error = 'Unknown or expired pending flow; restart with start().'
    expectFailure(await skill.poll(), { code: 'unknown_flow', error })
    expectFailure(await skill.poll('WDJB-MJHT'), { code: 'unknown_flow', error })
    await skill.start()
    await clock.advance(16 * 60_000)
    expectFailure(await skill.poll(), { code: 'expired' })
    const denied = (await skill.start()) as unknown as Record<string, string>
    emulator.deny(denied['user_code'] ?? '')
    await clock.advance(interval)
    expectFailure(await skill.poll(), { code: 'denied' })
    await skill.start()
    await agent.cancel()
    expectFailure(await skill.poll(), { code: 'cancelled' })
  })

  it.each(['{"user_code":"X"}', 'null', '[1]', '{'])('fails as data over a broken file: %s', async (text) => {
    const { skill, flowFile } = await skillLab()
    await writeFile(flowFile, text)
    expectFailure(await skill.poll(), { code: 'flow_unreadable' })
  })

  it('refuses another person than the one who is connected', async () => {
    const { skill, signIn, emulator, clock, agent } = await skillLab()
    await signIn()
    emulator.expireRefreshTokens()
    await agent.refresh()
    await clock.advance(2 * 60 * 60_000)
    const started = (await skill.start()) as unknown as Record<string, string>
    emulator.approve(started['user_code'] ?? '', grace)
    await clock.advance(interval)
    expectFailure(await skill.poll(), { code: 'wrong_account' })
  })
})

describe('logout()', () => {
  it('disconnects, revokes and drops what is under way', async () => {
    const { skill, signIn, approve } = await skillLab()
    await signIn()
    const started = await skill.start({ switchAccount: true })
    const result = await skill.logout()
    expectKeys(result, published.logout)
    expect(result).toMatchObject({ ok: true, status: 'disconnected', removed: true, revocation: 'revoked' })
    await approve(started)
    expectFailure(await skill.poll(), { code: 'cancelled' })
  })

  it('is no failure when nobody was connected', async () => {
    const { skill } = await skillLab()
    const result = await skill.logout()
    expectKeys(result, published.logout)
    expect(result).toMatchObject({ ok: true, status: 'not_connected', removed: false, revocation: 'not-needed' })
  })

  it('says so when the service did not revoke', async () => {
    const { skill, signIn, emulator } = await skillLab()
    await signIn()
    emulator.faults.add({ endpoint: 'revoke', status: 503 })
    expect(await skill.logout()).toMatchObject({ status: 'disconnected', removed: true, revocation: 'failed' })
  })
})

describe('refresh()', () => {
  it('renews the token', async () => {
    const { skill, signIn, clock } = await skillLab()
    await signIn()
    await clock.advance(30 * 60_000)
    const result = await skill.refresh()
    expectKeys(result, published.refresh)
    expect(result).toMatchObject({ ok: true, status: 'refreshed', expires_in_seconds: 3600 })
  })

  it('tells nobody being connected, a network that is down, and a sign-in that is over', async () => {
    const { skill, signIn, emulator } = await skillLab()
    expectFailure(await skill.refresh(), { code: 'not_connected', error: 'Not connected; nothing to refresh.' })
    await signIn()
    const fault = emulator.faults.add({ endpoint: 'token', drop: 'before' })
    expectFailure(await skill.refresh(), { code: 'network', error: /^refresh failed: / })
    fault.remove()
    emulator.expireRefreshTokens()
    expectFailure(await skill.refresh(), { code: 'reauth_required', error: /^refresh failed: / })
  })
})

describe('models()', () => {
  it('is honest about where the list is from', async () => {
    const { skill, signIn, clock, count } = await skillLab()
    await signIn()
    const kept = await skill.models()
    expectKeys(kept, published.models)
    expect(kept).toMatchObject({ ok: true, source: 'cache', fetched_at: Math.floor(clock.now() / 1000) })
    expect(await skill.models(true)).toMatchObject({ source: 'api' })
    const asked = count('models')
    await clock.advance(6 * 60_000)
    expect(await skill.models()).toMatchObject({ source: 'api' })
    expect(count('models')).toBe(asked + 1)
  })

  it('says that an old list is old', async () => {
    const { skill, signIn, emulator } = await skillLab()
    await signIn()
    emulator.faults.add({ endpoint: 'models', status: 503 })
    expect(await skill.models(true)).toMatchObject({ ok: true, source: 'cache', stale: true })
  })

  it('tells an empty list as one', async () => {
    const { skill, signIn, emulator } = await skillLab()
    await signIn()
    emulator.scenario.models = []
    expect(await skill.models(true)).toMatchObject({ ok: true, count: 0, available_models: [] })
  })

  it('fails as data', async () => {
    const { skill, signIn, emulator, agent } = await skillLab()
    expectFailure(await skill.models(), { code: 'not_connected', error: 'Not connected.' })
    await signIn()
    await agent.signOut()
    await signIn()
    emulator.faults.add({ endpoint: 'models', body: { models: 'none' } })
    expectFailure(await skill.models(true), { code: 'upstream', error: /^fetch failed: / })
  })

  it('renews an ended token by itself', async () => {
    const { skill, signIn, clock } = await skillLab()
    await signIn()
    await clock.advance(2 * 60 * 60_000)
    expect(await skill.models()).toMatchObject({ ok: true, source: 'api' })
  })
})

describe('usage()', () => {
  it('is kept for a minute, and its windows go by their length', async () => {
    const { skill, signIn, clock, count } = await skillLab()
    await signIn()
    const kept = await skill.usage()
    expectKeys(kept, published.usage)
    expect(kept).toMatchObject({ ok: true, source: 'cache' })
    await clock.advance(61_000)
    expect(await skill.usage()).toMatchObject({ source: 'api' })
    expect(await skill.usage(true)).toMatchObject({
      source: 'api',
      usage: { windows: expect.arrayContaining([expect.objectContaining({ window_seconds: 18_000 })]) },
    })
    expect(count('usage')).toBe(3)
  })

  it('is unavailable, which is not nothing', async () => {
    const { skill, signIn, emulator } = await skillLab()
    const fault = emulator.faults.add({ endpoint: 'usage', status: 503 })
    await signIn()
    const result = await skill.usage()
    expectKeys(result, published.usageUnavailable)
    expect(result).toMatchObject({ ok: true, source: 'unavailable', usage: null })
    fault.remove()
    emulator.faults.add({ endpoint: 'usage', body: {} })
    expect(await skill.usage(true)).toMatchObject({ ok: true, source: 'unavailable' })
  })

  it('fails as data', async () => {
    const { skill, signIn, emulator } = await skillLab()
    expectFailure(await skill.usage(), { code: 'not_connected', error: 'Not connected.' })
    emulator.faults.add({ endpoint: 'usage', drop: 'before' })
    await signIn()
    expectFailure(await skill.usage(), { code: 'network', error: /^fetch failed: / })
  })
})

it('gives a host that asks for it all of the account', async () => {
  const lab: AgentLab = await createAgentLab()
  await lab.signIn()
  const skill = createSkill({ agent: lab.open({ discloses: 'full' }), clock: lab.clock })
  expect(await skill.status()).toMatchObject({ email: 'ada@example.test', account_id: 'account-emulated-1' })
})

it('turns a bug into data without a word of it', async () => {
  const lab = await createAgentLab()
  const broken = createAgent({
    folder: lab.folder,
    provider: lab.provider,
    verdicts: { recall: async () => undefined, remember: async () => {} },
    cache: { read: async () => undefined, write: async () => {} },
    store: {
      kind: 'broken',
      describe: () => 'broken',
      read: () => Promise.reject(new RangeError('with sk-secret in it')),
      update: () => Promise.reject(new RangeError('with sk-secret in it')),
    },
  })
  const skill = createSkill({ agent: broken })
  for (const call of [skill.status(), skill.start(), skill.poll(), skill.logout(), skill.refresh()]) {
    const result = await call
    expectFailure(result, { code: 'internal' })
    expect(JSON.stringify(result)).not.toContain('sk-secret')
  }
})

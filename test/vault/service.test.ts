import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCodexProvider, systemClock as clock, type Fetch } from '../../src/core/index.js'
import { createEmulator, type Emulator } from '../../src/testing/index.js'
import {
  createPgDriver,
  createVaultService,
  type RateLimit,
  type Vault,
  type VaultDriver,
  type VaultOptions,
  type VaultService,
} from '../../src/vault/index.js'
import { createRateLimits } from '../../src/vault/rate-limits.js'
import { signingKey } from '../support/signing-key.js'
import { startVaultLab, type VaultLab } from './vault-lab.js'

const audience = 'planpass-vault'
const redirectUri = 'https://host.example.test/callback'

let lab: VaultLab
let emulator: Emulator
let keyPair: Awaited<ReturnType<typeof generateKeyPair>>

beforeAll(async () => {
  lab = await startVaultLab()
  emulator = createEmulator({ signingKey, clock, deviceIntervalSeconds: 1 })
  keyPair = await generateKeyPair('ES256')
})
afterAll(() => lab.dispose())

interface Limits {
  readonly userLimit?: RateLimit
  readonly tenantLimit?: RateLimit
}

/** One instance of the service, with a vault and connections of its own. */
async function instance(limits: Limits = {}, issuer = emulator, options: Partial<VaultOptions> = {}) {
  const vault = await lab.open({ provider: createCodexProvider(issuer), fetch: issuer.fetch, clock, ...options })
  return serve(vault, limits)
}

async function serve(vault: Vault, limits: Limits = {}): Promise<VaultService> {
  const hosts = [{ issuer: 'host', keys: { keys: [await exportJWK(keyPair.publicKey)] }, tenants: ['acme'] }]
  return createVaultService({ vault, hosts, audience, redirectUris: [redirectUri], ...limits })
}

/** As the host asks for one of its users. */
async function ask(
  service: VaultService,
  user: string,
  method: string,
  path: string,
  body?: object,
): Promise<Response> {
  const nowSeconds = Math.floor(clock.now() / 1000)
  const claims = { iss: 'host', aud: audience, sub: user, tenant: 'acme', jti: crypto.randomUUID() }
  const token = await new SignJWT({ ...claims, iat: nowSeconds, exp: nowSeconds + 60 })
    .setProtectedHeader({ alg: 'ES256' })
    .sign(keyPair.privateKey)
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const sent =
    body instanceof ReadableStream ? { body, duplex: 'half' as const } : body && { body: JSON.stringify(body) }
  const init = { method, headers, ...sent }
  return service.fetch(new Request(`http://vault.test${path}`, init))
}

/** The first answer of each of these statements never arrives. */
function losingAnswers(names: Set<string>): VaultDriver {
  const driver = createPgDriver(lab.pool(lab.application, 3))
  const query: VaultDriver['query'] = async (statement, values) => {
    const rows = await driver.query(statement, values)
    if (names.delete(statement.name)) throw Object.assign(new Error('lost'), { code: 'ECONNRESET' })
    return rows
  }
  return { ...driver, query }
}

const toUrl = (input: string | URL | Request) => (input instanceof Request ? input.url : String(input))
const read = async (answer: Promise<Response>) => (await (await answer).json()) as Record<string, unknown>

describe('the service', () => {
  it('signs a user in with a device code, each step on another instance', async () => {
    const [first, second, third] = await Promise.all([instance(), instance(), instance()])
    const begun = await read(ask(first, 'ada', 'POST', '/sign-in', { flow: 'device' }))
    expect(begun).toMatchObject({ flow: 'device', verificationUrl: `${emulator.issuer}/codex/device` })
    const path = `/sign-in/${String(begun['id'])}`
    expect(await read(ask(second, 'ada', 'GET', path))).toEqual({ state: 'pending' })
    expect(await read(ask(second, 'grace', 'GET', path))).toEqual({ state: 'unknown' })
    emulator.approve(String(begun['userCode']))
    await expect
      .poll(() => read(ask(third, 'ada', 'GET', path)), { timeout: 10_000, interval: 200 })
      .toEqual({ state: 'done' })
    expect(await read(ask(first, 'ada', 'GET', '/status'))).toMatchObject({ state: 'valid', signedIn: true })
    expect(await read(ask(first, 'grace', 'GET', '/status'))).toEqual({ state: 'absent', signedIn: false })
  })

  it('signs a user in through the host’s own callback, for the state it began with', async () => {
    const issuer = createEmulator({ signingKey, clock, autoApprove: true, redirectUris: [redirectUri] })
    const [first, second] = await Promise.all([instance({}, issuer), instance({}, issuer)])
    const elsewhere = await ask(first, 'linus', 'POST', '/sign-in', {
      flow: 'callback',
      redirectUri: 'https://evil.test',
    })
    expect(elsewhere.status).toBe(400)
    const begun = await read(ask(first, 'linus', 'POST', '/sign-in', { flow: 'callback', redirectUri }))
    const answer = await visit(issuer, String(begun['authorizeUrl']))
    const path = `/sign-in/${String(begun['id'])}/callback`
    const forged = await ask(second, 'linus', 'POST', path, { ...answer, state: 'another' })
    expect(forged.headers.get('x-planpass-code')).toBe('ERR_SIGN_IN_DENIED')
    expect((await ask(second, 'eve', 'POST', path, answer)).status).toBe(401)
    expect(await read(ask(second, 'linus', 'POST', path, answer))).toEqual({ state: 'done' })
    expect((await ask(second, 'linus', 'POST', path, answer)).status).toBe(401)
    expect(await read(ask(first, 'linus', 'GET', '/status'))).toMatchObject({ state: 'valid' })
  })

  it('says that a sign-in has failed when its code could not be exchanged', async () => {
    const issuer = createEmulator({ signingKey, clock, autoApprove: true, redirectUris: [redirectUri] })
    const fetch: Fetch = async (input, init) => {
      const isExchange = toUrl(input).endsWith('/oauth/token')
      return isExchange ? new Response('', { status: 503 }) : issuer.fetch(input, init)
    }
    const service = await instance({}, issuer, { fetch })
    const callback = await read(ask(service, 'alan', 'POST', '/sign-in', { flow: 'callback', redirectUri }))
    const answer = await visit(issuer, String(callback['authorizeUrl']))
    const path = `/sign-in/${String(callback['id'])}`
    expect((await ask(service, 'alan', 'POST', `${path}/callback`, answer)).ok).toBe(false)
    expect(await read(ask(service, 'alan', 'GET', path))).toEqual({ state: 'failed' })
    const device = await read(ask(service, 'alan', 'POST', '/sign-in', { flow: 'device' }))
    issuer.approve(String(device['userCode']))
    expect((await ask(service, 'alan', 'GET', `/sign-in/${String(device['id'])}`)).ok).toBe(false)
    expect(await read(ask(service, 'alan', 'GET', `/sign-in/${String(device['id'])}`))).toEqual({ state: 'failed' })
  })

  it('never calls a sign-in done that another request is still at', async () => {
    const issuer = createEmulator({ signingKey, clock, autoApprove: true, redirectUris: [redirectUri] })
    const vault = await lab.open({ provider: createCodexProvider(issuer), fetch: issuer.fetch, clock })
    const service = await serve({ ...vault, database: { ...vault.database, endSignIn: async () => false } })
    const begun = await read(ask(service, 'alan', 'POST', '/sign-in', { flow: 'callback', redirectUri }))
    const answer = await visit(issuer, String(begun['authorizeUrl']))
    const path = `/sign-in/${String(begun['id'])}/callback`
    expect(await read(ask(service, 'alan', 'POST', path, answer))).toEqual({ state: 'pending' })
  })

  it('goes on with what it has taken when the database’s answer is lost', async () => {
    const issuer = createEmulator({ signingKey, clock, autoApprove: true, redirectUris: [redirectUri] })
    const lost = new Set(['planpass-end_sign_in', 'planpass-use_host_token'])
    const service = await instance({}, issuer, { driver: losingAnswers(lost) })
    const begun = await read(ask(service, 'alan', 'POST', '/sign-in', { flow: 'callback', redirectUri }))
    const answer = await visit(issuer, String(begun['authorizeUrl']))
    const path = `/sign-in/${String(begun['id'])}/callback`
    expect(await read(ask(service, 'alan', 'POST', path, answer))).toEqual({ state: 'done' })
    expect(lost.size).toBe(0)
    const { rows } = await lab.superuser.query(
      `SELECT outcome FROM planpass.audit WHERE user_id = 'alan' AND action = 'sign-in' ORDER BY id DESC LIMIT 2`,
    )
    expect(rows).toEqual([{ outcome: 'done' }, { outcome: 'exchanging' }])
  })

  it('asks the issuer less often from when it is told to slow down', async () => {
    let polls = 0
    const fetch: Fetch = async (input, init) => {
      if (!toUrl(input).endsWith('/deviceauth/token')) return emulator.fetch(input, init)
      polls += 1
      return polls > 1 ? emulator.fetch(input, init) : Response.json({ error: 'slow_down' }, { status: 400 })
    }
    const service = await instance({}, emulator, { fetch })
    const begun = await read(ask(service, 'slow', 'POST', '/sign-in', { flow: 'device' }))
    for (const asked of [1, 2]) {
      await lab.superuser.query(`UPDATE planpass.sign_ins SET poll_at = now()`)
      expect(await read(ask(service, 'slow', 'GET', `/sign-in/${String(begun['id'])}`))).toEqual({ state: 'pending' })
      expect(polls).toBe(asked)
      const { rows } = await lab.superuser.query(
        `SELECT poll_at > clock_timestamp() + interval '5 seconds' AS slower FROM planpass.sign_ins WHERE user_id = 'slow'`,
      )
      expect(rows).toEqual([{ slower: true }])
    }
  })

  it('answers with the user’s own plan, and refuses whoever has none', async () => {
    const service = await instance()
    const models = await read(ask(service, 'ada', 'GET', '/models'))
    expect(models['models']).toBeInstanceOf(Array)
    expect(await read(ask(service, 'ada', 'GET', '/usage'))).toMatchObject({ planType: expect.any(String) as string })
    const question = { model: 'gpt-5.5', input: 'Why is the sky blue?' }
    const catalogue = (await read(ask(service, 'ada', 'GET', '/v1/models'))) as { data: { id: string }[] }
    const model = catalogue.data[0]?.id
    expect((await ask(service, 'ada', 'POST', '/v1/responses', { ...question, model })).status).toBe(200)
    const refused = await ask(service, 'grace', 'POST', '/v1/responses', { ...question, model })
    expect(refused.status).toBe(401)
    expect(refused.headers.get('x-planpass-code')).toBe('ERR_SIGN_IN_REQUIRED')
  })

  it('signs a user out for every instance', async () => {
    const [first, second] = await Promise.all([instance(), instance()])
    expect((await ask(second, 'ada', 'GET', '/v1/models')).status).toBe(200)
    expect(await read(ask(first, 'ada', 'POST', '/sign-out'))).toEqual({ removed: true, revocation: 'revoked' })
    const statusElsewhere = async () => (await ask(second, 'ada', 'GET', '/v1/models')).status
    await expect.poll(statusElsewhere, { timeout: 10_000, interval: 100 }).toBe(401)
  })

  it('limits a user without limiting the others', async () => {
    const service = await instance({ userLimit: { burst: 2, perSecond: 0.001 } })
    const statuses = []
    for (let index = 0; index < 3; index += 1) statuses.push((await ask(service, 'linus', 'GET', '/status')).status)
    expect(statuses).toEqual([200, 200, 429])
    expect((await ask(service, 'grace', 'GET', '/status')).status).toBe(200)
    const flooded = await instance({
      userLimit: { burst: 2, perSecond: 0.001 },
      tenantLimit: { burst: 3, perSecond: 0.001 },
    })
    for (let index = 0; index < 5; index += 1) await ask(flooded, 'linus', 'GET', '/status')
    expect((await ask(flooded, 'grace', 'GET', '/status')).status).toBe(200)
    const whole = await instance({ tenantLimit: { burst: 1, perSecond: 0.001 } })
    expect((await ask(whole, 'linus', 'GET', '/status')).status).toBe(200)
    const limited = await ask(whole, 'grace', 'GET', '/status')
    expect(limited.status).toBe(429)
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(limited.headers.get('x-should-retry')).toBeNull()
  })

  it('keeps nobody out when its clock is put back', () => {
    let nowMs = 3_600_000
    const limits = createRateLimits({ now: () => nowMs })
    const limit = { burst: 2, perSecond: 1 }
    expect(limits('ada', limit)).toBe(0)
    nowMs = 0
    expect(limits('ada', limit)).toBe(0)
    expect(limits('ada', limit)).toBe(1000)
  })

  it.each(['/status', '/models', '/v1/models'])(
    'tells who asks for %s to come again when the database is away',
    async (path) => {
      const driver = createPgDriver(lab.pool(lab.application, 3))
      const query: VaultDriver['query'] = async (statement, values) => {
        if (statement.name === 'planpass-read') throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' })
        return driver.query(statement, values)
      }
      const service = await instance({}, emulator, { driver: { ...driver, query }, databasePatienceMs: 50 })
      const { status, headers } = await ask(service, 'ada', 'GET', path)
      expect(status).toBe(503)
      expect(Object.fromEntries(headers)).toMatchObject({ 'retry-after': '1', 'x-planpass-code': 'ERR_STORE_READ' })
      expect(headers.get('x-should-retry')).not.toBe('false')
    },
  )

  it('reads no more of a body than it would ever take', async () => {
    const service = await instance()
    let sent = 0
    const endless = new ReadableStream({
      pull: (controller) => {
        sent += 1
        controller.enqueue(new TextEncoder().encode(' '.repeat(16 * 1024)))
      },
    })
    const answer = await ask(service, 'ada', 'POST', '/sign-in', endless)
    expect(answer.status).toBe(400)
    expect(sent).toBeLessThan(10)
  })

  it('reads no more of a question than the backend would be sent', async () => {
    const service = await instance()
    const chunk = new TextEncoder().encode(' '.repeat(1024 * 1024))
    let sent = 0
    const long = new ReadableStream({
      pull: (controller) => {
        sent += 1
        if (sent > 80) controller.close()
        else controller.enqueue(chunk)
      },
    })
    const answer = await ask(service, 'ada', 'POST', '/v1/responses', long)
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain('The body is larger than 33554432 bytes.')
    expect(sent).toBeLessThan(40)
  })

  it('says how it is, and counts without naming anybody', async () => {
    const service = await instance()
    await ask(service, 'linus', 'GET', '/status')
    const get = (path: string) => service.fetch(new Request(`http://vault.test${path}`))
    expect((await get('/health')).status).toBe(200)
    expect((await get('/ready')).status).toBe(200)
    const metrics = await (await get('/metrics')).text()
    expect(metrics).toContain('planpass_vault_requests_total{route="status",status="200"} 1')
    expect(metrics).not.toMatch(/linus|acme/)
    expect((await get('/nothing')).status).toBe(404)
    service.drain()
    expect((await get('/ready')).status).toBe(503)
  })
})

/** The person's browser, at an issuer that approves by itself: comes back to the host with a code. */
async function visit(issuer: Emulator, authorizeUrl: string): Promise<{ code: string; state: string }> {
  const answer = await issuer.fetch(authorizeUrl, { redirect: 'manual' })
  const { searchParams } = new URL(answer.headers.get('location') ?? '')
  return { code: searchParams.get('code') ?? '', state: searchParams.get('state') ?? '' }
}

import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCodexProvider, systemClock as clock, type ChatgptCredential } from '../../src/core/index.js'
import { createEmulator, type Emulator } from '../../src/testing/index.js'
import { createVaultService, type VaultService } from '../../src/vault/index.js'
import { credentialFrom } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'
import { startVaultLab, type VaultLab } from './vault-lab.js'

const audience = 'planpass-vault'

let lab: VaultLab
let emulator: Emulator
let credential: ChatgptCredential
let service: VaultService
let token: string
const exporter = new InMemorySpanExporter()

beforeAll(async () => {
  lab = await startVaultLab()
  emulator = createEmulator({ signingKey, clock })
  credential = await credentialFrom(emulator)
  const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer('planpass')
  const vault = await lab.open({ provider: createCodexProvider(emulator), fetch: emulator.fetch, clock, tracer })
  await vault
    .store({ tenant: 'canary-tenant', user: 'canary-user' })
    .update(async () => ({ write: credential, result: undefined }))
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const keys = { keys: [await exportJWK(publicKey)] }
  service = createVaultService({
    vault,
    hosts: [{ issuer: 'host', keys, tenants: ['canary-tenant'] }],
    audience,
    tracer,
  })
  token = await new SignJWT({ tenant: 'canary-tenant', sub: 'canary-user' })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer('host')
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(privateKey)
})
afterAll(() => lab.dispose())

const ask = (path: string, bearer = token) =>
  service.fetch(new Request(`http://vault.test${path}`, { headers: { authorization: `Bearer ${bearer}` } }))

describe('a tracer of OpenTelemetry', () => {
  it('records the requests of hosts and the statements of the store', async () => {
    await ask('/status')
    const spans = exporter.getFinishedSpans()
    expect(spans.find(({ name }) => name === 'vault status')).toMatchObject({
      kind: SpanKind.SERVER,
      attributes: { 'http.request.method': 'GET', 'http.route': 'status', 'http.response.status_code': 200 },
    })
    expect(spans.find(({ name }) => name === 'vault planpass-settle')).toMatchObject({
      kind: SpanKind.CLIENT,
      attributes: { 'db.system.name': 'postgresql', 'db.operation.name': 'planpass-settle' },
    })
    expect(spans.map(({ name }) => name)).toContain('vault planpass-read')
  })

  it('records that something failed, and not with which words', async () => {
    const driver = { ...lab.driver, query: () => Promise.reject(new TypeError('canary-of-the-driver')) }
    const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer(
      'planpass',
    )
    await expect(lab.open({ driver, tracer })).rejects.toThrow('did not answer')
    const failed = exporter.getFinishedSpans().filter(({ status }) => status.code === SpanStatusCode.ERROR)
    expect(failed.map(({ attributes }) => attributes['error.type'])).toContain('TypeError')
  })

  it('never holds a secret or a name', async () => {
    await ask('/models')
    await ask('/v1/models')
    await ask('/status', 'not.a.token')
    const spans = exporter.getFinishedSpans()
    expect(spans.length).toBeGreaterThan(8)
    const text = JSON.stringify(
      spans.map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
    )
    const { idToken, accessToken, refreshToken } = credential
    const secrets = [token, idToken.reveal(), accessToken.reveal(), refreshToken?.reveal() ?? '']
    for (const secret of [...secrets, 'canary']) expect(text).not.toContain(secret)
  })
})

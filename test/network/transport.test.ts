import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createMemoryStore, createSession } from '../../src/core/index.js'
import { createTransport, type NetworkEnvironment } from '../../src/network/index.js'
import { trustedRoots } from '../../src/network/trusted-roots.js'
import { createEmulator, writeCaFile, type EmulatorListener } from '../../src/testing/index.js'
import { caught, caughtAuthError } from '../support/caught.js'
import { credentialFrom, providerOf } from '../support/signed-in.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const emulator = createEmulator()
const stranger = createEmulator()
let listener: EmulatorListener
let strangers: EmulatorListener

beforeAll(async () => {
  listener = await emulator.listen({ tls: true })
  strangers = await stranger.listen({ tls: true })
})
afterAll(async () => {
  await listener.close()
  await strangers.close()
})

function tlsOf({ tls }: EmulatorListener) {
  if (!tls) throw new Error('The listener has no TLS.')
  return tls
}

/** The files a test may name, by what is in them. */
async function bundles() {
  const folder = await temporaryFolder()
  const own = tlsOf(listener).caPem
  const other = tlsOf(strangers).caPem
  const texts = {
    own,
    other,
    both: `# two authorities\n${other}\nsome words between\n${own}`,
    crlf: own.replaceAll('\n', '\r\n'),
    empty: '',
    words: 'no certificate here\n',
    malformed: '-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n',
    cut: `${own}${other.slice(0, 200)}`,
    key: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
    trusted: trusted(own),
    revocations: `-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n${own}`,
  }
  for (const [name, text] of Object.entries(texts)) await writeCaFile(join(folder, `${name}.pem`), text)
  await mkdir(join(folder, 'folder.pem'))
  return (name: string) => join(folder, `${name}.pem`)
}

/** As `openssl x509 -trustout` writes it, with an empty list of trust settings behind the certificate. */
function trusted(pem: string): string {
  const certificate = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
  const base64 = Buffer.concat([certificate, Buffer.from([0x30, 0x00])]).toString('base64')
  const lines = base64.match(/.{1,64}/g) ?? []
  return ['-----BEGIN TRUSTED CERTIFICATE-----', ...lines, '-----END TRUSTED CERTIFICATE-----', ''].join('\n')
}

async function reach(environment: NetworkEnvironment): Promise<number> {
  const fetch = await createTransport(environment)
  const response = await fetch(`${tlsOf(listener).issuer}/.well-known/jwks.json`)
  await response.text()
  return response.status
}

describe('a server whose authority is not known', () => {
  it('is a failure of TLS that says what to do', async () => {
    const error = await caughtAuthError(reach({}))
    expect(error).toMatchObject({ code: 'ERR_NETWORK_TLS', advice: expect.stringContaining('CODEX_CA_CERTIFICATE') })
  })

  it('stays so when Node is told to verify nothing, in the environment or in this process', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    onTestFinished(() => void vi.unstubAllEnvs())
    const file = await bundles()
    for (const variables of [{}, { CODEX_CA_CERTIFICATE: file('other') }]) {
      const error = await caughtAuthError(reach({ NODE_TLS_REJECT_UNAUTHORIZED: '0', ...variables }))
      expect(error.code).toBe('ERR_NETWORK_TLS')
    }
    expect(await reach({ NODE_TLS_REJECT_UNAUTHORIZED: '0', CODEX_CA_CERTIFICATE: file('own') })).toBe(200)
  })

  it('stays so when another authority is named: there is no way around the check', async () => {
    const file = await bundles()
    const error = await caughtAuthError(reach({ CODEX_CA_CERTIFICATE: file('other') }))
    expect(error.code).toBe('ERR_NETWORK_TLS')
  })
})

function blankButTheThird(file: (name: string) => string): NetworkEnvironment {
  return { CODEX_CA_CERTIFICATE: ' ', SSL_CERT_FILE: '\t', NODE_EXTRA_CA_CERTS: file('own') }
}

describe('a certificate authority', () => {
  it.each<[string, (file: (name: string) => string) => NetworkEnvironment]>([
    ['CODEX_CA_CERTIFICATE', (file) => ({ CODEX_CA_CERTIFICATE: file('own') })],
    ['SSL_CERT_FILE', (file) => ({ SSL_CERT_FILE: file('own') })],
    ['the first of both', (file) => ({ CODEX_CA_CERTIFICATE: file('own'), SSL_CERT_FILE: file('words') })],
    ['the second when the first is empty', (file) => ({ CODEX_CA_CERTIFICATE: '', SSL_CERT_FILE: file('own') })],
    ['NODE_EXTRA_CA_CERTS', (file) => ({ NODE_EXTRA_CA_CERTS: file('own') })],
    ['the second before the third', (file) => ({ SSL_CERT_FILE: file('own'), NODE_EXTRA_CA_CERTS: file('words') })],
    ['the third when the others are blank', blankButTheThird],
    ['a path with blanks around it', (file) => ({ CODEX_CA_CERTIFICATE: ` ${file('own')}\n` })],
    ['a bundle with a revocation list', (file) => ({ CODEX_CA_CERTIFICATE: file('revocations') })],
    ['a bundle of several', (file) => ({ SSL_CERT_FILE: file('both') })],
    ['a file with other line ends', (file) => ({ SSL_CERT_FILE: file('crlf') })],
    ['a TRUSTED CERTIFICATE', (file) => ({ SSL_CERT_FILE: file('trusted') })],
  ])('is taken from %s', async (_, environmentOf) => {
    expect(await reach(environmentOf(await bundles()))).toBe(200)
  })

  it('is not taken from the second variable when the first names another', async () => {
    const file = await bundles()
    const error = await caughtAuthError(
      reach({ CODEX_CA_CERTIFICATE: file('other'), SSL_CERT_FILE: file('own'), NODE_EXTRA_CA_CERTS: file('own') }),
    )
    expect(error.code).toBe('ERR_NETWORK_TLS')
    expect(error.summary).toContain('trusting the authorities of CODEX_CA_CERTIFICATE too')
  })
})

describe('a file of authorities that cannot be used', () => {
  it.each(['missing', 'folder', 'empty', 'words', 'malformed', 'cut', 'key'])(
    'is named, with its variable, before any connection: %s',
    async (name) => {
      const file = await bundles()
      for (const variable of ['CODEX_CA_CERTIFICATE', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS']) {
        const error = await caughtAuthError(createTransport({ [variable]: file(name) }))
        expect(error.code).toBe('ERR_CONFIG_CA_BUNDLE')
        expect(error.summary).toContain(variable)
        expect(error.summary).toContain(file(name))
        expect(error.advice).toContain('CODEX_CA_CERTIFICATE or SSL_CERT_FILE')
      }
    },
  )

  it('is an error although the other variable names a good one', async () => {
    const file = await bundles()
    const environment = { CODEX_CA_CERTIFICATE: file('words'), SSL_CERT_FILE: file('own') }
    expect((await caughtAuthError(createTransport(environment))).code).toBe('ERR_CONFIG_CA_BUNDLE')
  })
})

describe('the transport with an authority of its own', () => {
  async function session() {
    const file = await bundles()
    const fetch = await createTransport({ CODEX_CA_CERTIFICATE: file('own') })
    const provider = providerOf(tlsOf(listener))
    const stored = await credentialFrom(emulator)
    const store = createMemoryStore({ ...stored, provenance: { ...provider } })
    return { session: createSession({ store, provider, fetch }), provider }
  }

  it('carries all that a session sends: refresh, request, Request, revocation', async () => {
    const { session: open, provider } = await session()
    await open.refresh()
    const usage = `${provider.backendUrl}/wham/usage`
    for (const input of [usage, new URL(usage), new Request(usage)]) {
      const response = await open.fetch(input)
      expect(response.status).toBe(200)
      expect(await response.json()).toMatchObject({ plan_type: 'plus' })
    }
    expect(await open.signOut()).toEqual({ removed: true, revocation: 'revoked' })
  })

  it('carries a Request with a body, a form, and a signal', async () => {
    const { session: open, provider } = await session()
    const body = JSON.stringify({ model: 'gpt-5.5', instructions: 'x', input: [], store: false, stream: true })
    const headers = { 'content-type': 'application/json' }
    const request = new Request(`${provider.backendUrl}/codex/responses`, { method: 'POST', body, headers })
    const response = await open.fetch(request)
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('response.completed')
    const form = new FormData()
    form.set('name', 'Zoë')
    const refused = await open.fetch(`${provider.backendUrl}/codex/responses`, { method: 'POST', body: form })
    expect(refused.status).toBe(400)
    expect(emulator.log.at(-1)?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
    const aborted = new Request(`${provider.backendUrl}/wham/usage`, { signal: AbortSignal.abort() })
    expect(await caught(open.fetch(aborted))).toMatchObject({ name: 'AbortError' })
  })
})

it('is the platform’s own without any variable, also when they are blank', async () => {
  const fetch = await createTransport({ CODEX_CA_CERTIFICATE: '', SSL_CERT_FILE: ' \t', HTTPS_PROXY: ' ' })
  const response = await fetch(`${listener.issuer}/.well-known/jwks.json`)
  expect(response).toBeInstanceOf(Response)
  expect(response.status).toBe(200)
})

describe('the roots that are trusted', () => {
  it('are those of Node and of the system, with the extra ones, once each', () => {
    const rootCertificates = ['node', 'both']
    expect(trustedRoots(['extra', 'node'], { rootCertificates })).toEqual(['node', 'both', 'extra'])
    const getCACertificates = (type: 'system') => [type, 'both']
    expect(trustedRoots(['extra'], { rootCertificates, getCACertificates })).toEqual([
      'node',
      'both',
      'system',
      'extra',
    ])
  })
})

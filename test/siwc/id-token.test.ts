import { createHmac, generateKeyPairSync, constants, sign as signBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { signingKey } from '../support/signing-key.js'
import { answering, signInAs, siwcLab } from './siwc-lab.js'

type Sign = (claims: Record<string, unknown>) => string | Promise<string>
type Algorithm = 'RS256' | 'RS384' | 'PS256' | 'HS256' | 'none'

/** A key that signs in ways which jose would not let anybody, and whose published half names no algorithm that would give it away. */
function createFreeKey() {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pss = { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  const pem = publicKey.export({ type: 'spki', format: 'pem' })
  const signatures: Record<Algorithm, (text: string) => Buffer> = {
    RS256: (text) => signBytes('sha256', Buffer.from(text), privateKey),
    RS384: (text) => signBytes('sha384', Buffer.from(text), privateKey),
    PS256: (text) => signBytes('sha256', Buffer.from(text), pss),
    HS256: (text) => createHmac('sha256', pem).update(text).digest(),
    none: () => Buffer.from('unsigned'),
  }
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signAs =
    (alg: Algorithm): Sign =>
    (claims) => {
      const text = `${encode({ alg, kid: 'free' })}.${encode(claims)}`
      return `${text}.${signatures[alg](text).toString('base64url')}`
    }
  return { published: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'free' }] }, signAs }
}

const key = createFreeKey()
const signAsIssuer: Sign = (claims) => signingKey.sign(claims)

describe('the ID token', () => {
  /** Signs in with an ID token that says something else than the issuer would. */
  async function signInWith(claims: Record<string, unknown>, lab = siwcLab(), sign: Sign = signAsIssuer) {
    const seen: URL[] = []
    const provider = lab.providerWith({})
    const ways = provider.ways
    if (!ways) throw new Error('The test needs ways.')
    const noting = {
      ...provider,
      ways: {
        ...ways,
        begin: async (uri: string) => {
          const attempt = await ways.begin(uri)
          seen.push(attempt.authorizeUrl)
          return attempt
        },
      },
    }
    const nowSeconds = Math.floor(lab.clock.now() / 1000)
    const fetch = answering(lab.emulator.fetch, async (answer) => {
      const base = {
        iss: lab.emulator.issuer,
        aud: [lab.emulator.clients[0]?.clientId],
        sub: 'user-emulated-1',
        iat: nowSeconds,
        exp: nowSeconds + 3600,
        nonce: seen.at(-1)?.searchParams.get('nonce'),
      }
      const kept = Object.entries({ ...base, ...claims }).filter(([, value]) => value !== undefined)
      return { ...answer, id_token: await sign(Object.fromEntries(kept)) }
    })
    return signInAs(noting, { ...lab, fetch })
  }

  it('has a list as its audience, and holds', async () => {
    expect(await signInWith({})).toMatchObject({ mode: 'siwc', identity: { userId: 'user-emulated-1' } })
  })

  it('holds by any key that the issuer publishes', async () => {
    const lab = siwcLab()
    lab.emulator.faults.add({ endpoint: 'jwks', body: key.published })
    expect(await signInWith({}, lab, key.signAs('RS256'))).toMatchObject({ mode: 'siwc' })
  })

  it.each<[string, Record<string, unknown>, Algorithm?]>([
    ['issuer', { iss: 'https://auth.example.com' }],
    ['audience', { aud: ['oaiapp_other'] }],
    ['second audience without an authorised party', { aud: ['oaiapp_other', 'oaiapp_more'] }],
    ['authorised party', { azp: 'oaiapp_other' }],
    ['nonce', { nonce: 'another' }],
    ['end', { exp: 1 }],
    ['subject that is missing', { sub: undefined }],
    ['time that is missing', { iat: undefined }],
    ['algorithm: none', {}, 'none'],
    ['algorithm: the public key as a shared secret', {}, 'HS256'],
    ['algorithm: another hash, by the right key', {}, 'RS384'],
    ['algorithm: another padding, by the right key', {}, 'PS256'],
  ])('is refused for its %s, and the tokens are revoked', async (_name, claims, algorithm = 'RS256') => {
    const lab = siwcLab()
    lab.emulator.faults.add({ endpoint: 'jwks', body: key.published })
    expect(await caughtCode(signInWith(claims, lab, key.signAs(algorithm)))).toBe('ERR_SIGN_IN_IDENTITY')
    expect(await lab.store.read()).toBeUndefined()
    expect(lab.emulator.sessions).toMatchObject([{ state: 'revoked' }])
  })

  it('is held to be whose its subject is: another one is refused, and the tokens are revoked', async () => {
    const lab = siwcLab()
    await lab.signIn()
    expect(await caughtAuthError(signInWith({ sub: 'user-other' }, lab))).toMatchObject({
      code: 'ERR_SIGN_IN_WRONG_ACCOUNT',
      advice: expect.stringContaining('planpass login --new-registration'),
    })
    expect(await lab.store.read()).toMatchObject({ identity: { userId: 'user-emulated-1' } })
    expect(lab.emulator.sessions).toMatchObject([{ state: 'live' }, { state: 'revoked' }])
  })

  it('is refused when nobody has signed it, or another key has', async () => {
    const lab = siwcLab()
    lab.emulator.faults.add({ endpoint: 'jwks', body: { keys: [] } })
    expect(await caughtCode(lab.signIn())).toBe('ERR_SIGN_IN_IDENTITY')
  })

  it('does not come without a signature', async () => {
    const lab = siwcLab()
    const unsigned: Sign = async (claims) => (await key.signAs('none')(claims)).replace(/[^.]+$/, '')
    expect(await caughtCode(signInWith({}, lab, unsigned))).toBe('ERR_UPSTREAM_BAD_RESPONSE')
    expect(await lab.store.read()).toBeUndefined()
  })

  it.each([
    ['ahead', 2],
    ['behind', -2],
  ])('is looked at by the clock of the issuer: that of this machine may be hours %s', async (_name, hours) => {
    const lab = siwcLab()
    const iat = Math.floor(lab.clock.now() / 1000)
    const clock = { ...lab.clock, now: () => lab.clock.now() + hours * 60 * 60 * 1000 }
    const signingIn = signInWith({ iat, nbf: iat, exp: iat + 3600 }, { ...lab, clock })
    expect(await signingIn).toMatchObject({ mode: 'siwc' })
  })

  it('is not called invalid because the keys cannot be had', async () => {
    const lab = siwcLab()
    lab.emulator.faults.add({ endpoint: 'jwks', status: 503 })
    const error = await caughtAuthError(lab.signIn())
    expect(error).toMatchObject({ code: 'ERR_UPSTREAM_UNAVAILABLE', retryable: true })
  })

  it.each([
    ['no list', { error: 'later' }],
    ['a key that is none', { keys: [{ kty: 'RSA', kid: 'free', n: '?', e: '!' }] }],
    ['a key that is too short', { keys: [{ kty: 'RSA', kid: 'free', n: 'AQAB', e: 'AQAB' }] }],
  ])('is not called invalid, nor is it a crash, when of the keys there is %s', async (_name, body) => {
    const lab = siwcLab()
    lab.emulator.faults.add({ endpoint: 'jwks', body })
    const error = await caughtAuthError(signInWith({}, lab, key.signAs('RS256')))
    expect(error.code).toBe('ERR_UPSTREAM_BAD_RESPONSE')
    expect(await lab.store.read()).toBeUndefined()
  })

  it.each([
    ['another issuer', { issuer: 'https://auth.example.com' }],
    ['keys elsewhere', { jwks_uri: 'https://keys.example.com/jwks' }],
    ['a look-alike', { jwks_uri: 'https://auth.emulator.test.example.com/jwks' }],
  ])('is not verified by metadata of %s', async (_name, more) => {
    const lab = siwcLab()
    const at = (path: string) => `${lab.emulator.issuer}${path}`
    const body = { issuer: lab.emulator.issuer, jwks_uri: at('/.well-known/jwks.json'), revocation_endpoint: at('/r') }
    lab.emulator.faults.add({ endpoint: 'discovery', body: { ...body, ...more } })
    expect(await caughtCode(lab.signIn())).toBe('ERR_UPSTREAM_BAD_RESPONSE')
  })
})

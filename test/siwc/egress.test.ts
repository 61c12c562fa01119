import { describe, expect, it } from 'vitest'
import { createResponsesSocket, readModels, readUsage, streamResponse } from '../../src/backend/index.js'
import { createExternalSession, fromSession } from '../../src/core/external.js'
import { createMemoryStore, createSession, type Fetch } from '../../src/core/index.js'
import { createBroker, exportAccessOnly } from '../../src/sources/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { credentialFrom, providerOf } from '../support/signed-in.js'
import { toArray } from '../support/to-array.js'
import { question, signInAs, siwcLab } from './siwc-lab.js'

async function signedInLab() {
  const lab = siwcLab()
  await lab.signIn()
  return { ...lab, session: lab.session() }
}

describe('the egress guard', () => {
  it.each([
    ['the ChatGPT backend', 'https://chatgpt.com/backend-api/codex/responses'],
    ['a look-alike host', 'https://api.emulator.test.example.com/v1/responses'],
    ['another port', 'https://api.emulator.test:8443/v1/responses'],
    ['a name before an @', 'https://api.emulator.test@example.com/v1/responses'],
    ['plain http', 'http://api.emulator.test/v1/responses'],
    ['a host that ends like it', 'https://evil-api.emulator.test/v1/responses'],
    ['a host below it', 'https://x.api.emulator.test/v1/responses'],
    ['another endpoint', 'https://api.emulator.test/v1/files'],
    ['a path above', 'https://api.emulator.test/v1/responses/../files'],
    ['the issuer', 'https://auth.emulator.test/v1/responses'],
  ])('lets no token of this provider go to %s', async (_name, url) => {
    const { session, emulator } = await signedInLab()
    emulator.clearLog()
    expect(await caughtCode(session.fetch(url))).toBe('ERR_TOKEN_WRONG_ORIGIN')
    expect(emulator.log).toEqual([])
  })

  it('follows no redirect', async () => {
    const { session, emulator, provider } = await signedInLab()
    const headers = { location: 'https://chatgpt.com/backend-api/codex/models' }
    emulator.faults.add({ endpoint: 'models', status: 307, headers })
    expect(await caughtCode(session.fetch(`${provider.backendUrl}/models`))).toBe('ERR_UPSTREAM_REDIRECT')
  })

  it.each([
    ['the public API', 'https://api.openai.com/v1/responses'],
    ['the API that plans of the other provider are for', 'https://api.emulator.test/v1/models'],
    ['a look-alike host', 'https://chatgpt.emulator.test.example.com/backend-api/codex/responses'],
    ['a host that ends like it', 'https://evil-chatgpt.emulator.test/backend-api/codex/responses'],
    ['a name before an @', 'https://chatgpt.emulator.test@api.openai.com/v1/responses'],
  ])('lets no token of the Codex provider go to %s', async (_name, url) => {
    const { emulator, clock } = siwcLab()
    const store = createMemoryStore(await credentialFrom(emulator))
    const session = createSession({ store, clock, provider: providerOf(emulator), fetch: emulator.fetch })
    for (const send of [session.fetch, session.readOnlyFetch]) {
      expect(await caughtCode(send(url))).toBe('ERR_TOKEN_WRONG_ORIGIN')
    }
    expect(emulator.log).toEqual([])
  })

  it('follows no redirect from one provider’s backend to the other’s', async () => {
    const { emulator, clock } = siwcLab()
    const { fetch, sent } = recording(emulator.fetch)
    const store = createMemoryStore(await credentialFrom(emulator))
    const session = createSession({ store, clock, provider: providerOf(emulator), fetch })
    emulator.faults.add({ endpoint: 'models', status: 307, headers: { location: `${emulator.apiUrl}/models` } })
    expect(await caughtCode(readModels(session))).toBe('ERR_UPSTREAM_REDIRECT')
    expect(sent.map(({ hostname }) => hostname)).toEqual(['chatgpt.emulator.test'])
  })

  it('sends a sign-in, over its whole life, to the documented addresses alone, and never where one redirects or points', async () => {
    const lab = siwcLab()
    const { fetch, sent } = recording(lab.emulator.fetch)
    await signInAs(lab.provider, { ...lab, fetch })
    const session = lab.session({ fetch })
    await toArray(streamResponse(session, question))
    await readModels(session)
    await session.refresh()
    const elsewhere = { location: 'https://auth.emulator.test.example.com/token' }
    const detour = lab.emulator.faults.add({ endpoint: 'token', status: 308, headers: elsewhere })
    await caughtCode(session.refresh())
    detour.remove()
    const at = (path: string) => `${lab.emulator.issuer}${path}`
    const metadata = { issuer: lab.emulator.issuer, jwks_uri: at('/.well-known/jwks.json') }
    const body = { ...metadata, revocation_endpoint: 'https://auth.emulator.test.example.com/revoke' }
    const forged = lab.emulator.faults.add({ endpoint: 'discovery', body })
    expect(await session.signOut()).toMatchObject({
      revocation: 'failed',
      failure: { code: 'ERR_UPSTREAM_BAD_RESPONSE' },
    })
    forged.remove()
    expect(new Set(sent.map(({ origin, pathname }) => origin + pathname))).toEqual(
      new Set([
        at('/api/accounts/oauth/token'),
        at('/.well-known/openid-configuration'),
        at('/.well-known/jwks.json'),
        `${lab.emulator.apiUrl}/responses`,
        `${lab.emulator.apiUrl}/models`,
      ]),
    )
  })

  it('lets no session of one provider use a credential of the other', async () => {
    const { emulator, store, clock, provider } = await signedInLab()
    const common = { clock, fetch: emulator.fetch }
    const asCodex = createSession({ ...common, store, provider: providerOf(emulator) })
    const codexStore = createMemoryStore(await credentialFrom(emulator))
    const asSiwc = createSession({ ...common, store: codexStore, provider })
    emulator.clearLog()
    expect(await caughtCode(readModels(asCodex))).toBe('ERR_TOKEN_UNSUPPORTED_MODE')
    expect(await caughtCode(readModels(asSiwc))).toBe('ERR_TOKEN_UNSUPPORTED_MODE')
    expect(await caughtCode(asCodex.signOut())).toBe('ERR_TOKEN_UNSUPPORTED_MODE')
    expect(emulator.log).toEqual([])
  })

  it('gives nothing to programs that take tokens from elsewhere', async () => {
    const { session, emulator } = await signedInLab()
    const external = createExternalSession({ auth: fromSession(session), provider: providerOf(emulator) })
    expect(await caughtCode(external.accessToken())).toBe('ERR_CONFIG_TERMS')
    expect(await caughtCode(async () => exportAccessOnly(await session.credential()))).toBe('ERR_CONFIG_TERMS')
    const given = await createBroker(session)(new Request('http://broker.test/token'))
    expect(await given.json()).toMatchObject({ error: { code: 'ERR_CONFIG_TERMS' } })
  })

  it('opens no websocket', async () => {
    const { session } = await signedInLab()
    const socket = createResponsesSocket(session, {
      connect: () => {
        throw new Error('A websocket was opened.')
      },
    })
    expect(await caughtCode(toArray(socket.stream(question)))).toBe('ERR_TOKEN_WRONG_ORIGIN')
  })

  it('sends the token alone: no name, no account, no header of Codex’s', async () => {
    const { session, emulator } = await signedInLab()
    emulator.clearLog()
    await toArray(streamResponse(session, question))
    expect(Object.keys(emulator.log[0]?.headers ?? {}).toSorted()).toEqual(['accept', 'authorization', 'content-type'])
  })

  it('sends nothing to ask for usage, and says where it stands', async () => {
    const { session, emulator } = await signedInLab()
    emulator.clearLog()
    expect((await caughtAuthError(readUsage(session))).message).toContain('https://chatgpt.com/settings/usage')
    expect(emulator.log).toEqual([])
  })
})

/** A `fetch` that notes where it was sent. */
function recording(original: Fetch): { readonly fetch: Fetch; readonly sent: URL[] } {
  const sent: URL[] = []
  const fetch: Fetch = (input, init) => {
    sent.push(new URL(input instanceof Request ? input.url : input))
    return original(input, init)
  }
  return { fetch, sent }
}

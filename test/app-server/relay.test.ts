import { describe, expect, it, vi } from 'vitest'
import { relayAppServer } from '../../src/app-server/index.js'
import { AuthError, Secret } from '../../src/core/index.js'
import { chatgptTokens, type ExternalAuth } from '../../src/core/external.js'

const tokens = (name: string) => chatgptTokens(new Secret(name), { accountId: 'account-1', planType: 'plus' })

/** A relay, and every line that went either way. */
function relayed(auth: Partial<ExternalAuth> = {}) {
  const lines: { readonly server: Record<string, unknown>[]; readonly host: string[] } = { server: [], host: [] }
  const logger = { debug: () => {}, warn: vi.fn<(message: string) => void>() }
  const relay = relayAppServer({
    auth: { resolve: async () => tokens('first'), refresh: async () => tokens('second'), ...auth },
    toServer: (line) => void lines.server.push(JSON.parse(line) as Record<string, unknown>),
    toHost: (line) => void lines.host.push(line),
    logger,
  })
  const fromHost = (message: object) => relay.fromHost(JSON.stringify(message))
  const fromServer = (message: object) => relay.fromServer(JSON.stringify(message))
  const methods = () => lines.server.map(({ method, id }) => method ?? id)
  return { lines, logger, relay, fromHost, fromServer, methods }
}

const hello = { id: 0, method: 'initialize', params: { clientInfo: { name: 'a-host' }, capabilities: { other: true } } }

describe('an app server that is relayed', () => {
  it('is signed in once it was greeted, before anything else is asked of it', async () => {
    const { fromHost, fromServer, methods, lines } = relayed()
    fromHost(hello)
    fromHost({ method: 'initialized' })
    fromHost({ id: 1, method: 'thread/start' })
    await vi.waitUntil(() => methods().includes('account/login/start'), { interval: 1 })
    expect(methods()).toEqual(['initialize', 'initialized', 'account/login/start'])
    expect(lines.server[0]).toMatchObject({ params: { capabilities: { other: true, experimentalApi: true } } })
    expect(lines.server[2]).toMatchObject({
      params: {
        type: 'chatgptAuthTokens',
        accessToken: 'first',
        chatgptAccountId: 'account-1',
        chatgptPlanType: 'plus',
      },
    })
    fromServer({ id: lines.server[2]?.['id'], result: {} })
    expect(methods().at(-1)).toBe('thread/start')
    expect(lines.host).toEqual([])
  })

  it('gets other tokens from us, of which its host sees nothing', async () => {
    const { fromHost, fromServer, lines } = relayed()
    fromHost(hello)
    fromHost({ method: 'initialized' })
    await vi.waitUntil(() => lines.server.length === 3, { interval: 1 })
    fromServer({ id: lines.server[2]?.['id'], result: {} })
    fromServer({ id: 7, method: 'account/chatgptAuthTokens/refresh', params: { reason: 'unauthorized' } })
    await vi.waitUntil(() => lines.server.length === 4, { interval: 1 })
    expect(lines.server[3]).toEqual({
      id: 7,
      result: { accessToken: 'second', chatgptAccountId: 'account-1', chatgptPlanType: 'plus' },
    })
    expect(lines.host).toEqual([])
  })

  it('is told in fixed words when there are none', async () => {
    const refresh = async () => {
      throw new AuthError('ERR_TOKEN_REFRESH_REVOKED', 'A secret of the issuer.')
    }
    const { fromServer, lines, fromHost } = relayed({ refresh })
    fromHost(hello)
    fromHost({ method: 'initialized' })
    await vi.waitUntil(() => lines.server.length === 3, { interval: 1 })
    fromServer({ id: 7, method: 'account/chatgptAuthTokens/refresh', params: {} })
    await vi.waitUntil(() => lines.server.length === 4, { interval: 1 })
    expect(lines.server[3]).toEqual({ id: 7, error: { code: -32_000, message: 'The sign-in of the host has ended.' } })
  })

  it('goes on without a sign-in when it refuses ours, or we have none', async () => {
    const refused = relayed()
    refused.fromHost(hello)
    refused.fromHost({ method: 'initialized' })
    refused.fromHost({ id: 1, method: 'account/read' })
    await vi.waitUntil(() => refused.lines.server.length === 3, { interval: 1 })
    refused.fromServer({ id: refused.lines.server[2]?.['id'], error: { code: -32_600, message: 'not allowed' } })
    expect(refused.methods().at(-1)).toBe('account/read')
    expect(refused.logger.warn).toHaveBeenCalledWith('The app server refused the sign-in: not allowed')

    const absent = relayed({
      resolve: async () => {
        throw new AuthError('ERR_SIGN_IN_REQUIRED', 'Nobody is signed in.')
      },
    })
    absent.fromHost(hello)
    absent.fromHost({ method: 'initialized' })
    absent.fromHost({ id: 1, method: 'account/read' })
    await vi.waitUntil(() => absent.methods().includes('account/read'), { interval: 1 })
    expect(absent.methods()).toEqual(['initialize', 'initialized', 'account/read'])
  })

  it('says everything else to its host as it is, nonsense too', () => {
    const { relay, lines } = relayed()
    relay.fromServer('{"id":0,"result":{"a":1}}')
    relay.fromServer('no json')
    relay.fromServer('{"method":"thread/started","params":{}}')
    expect(lines.host).toEqual(['{"id":0,"result":{"a":1}}', 'no json', '{"method":"thread/started","params":{}}'])
  })
})

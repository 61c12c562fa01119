import { describe, expect, it } from 'vitest'
import { createGateway } from '../../src/gateway/index.js'
import { inProcess, origin, question } from './gateway-lab.js'

/** As a request arrives that was sent to another name. */
function askAs(host: string, headers: Record<string, string> = {}) {
  return { headers: { host, ...headers } }
}

describe('a gateway, asked under a name of somebody else', () => {
  it.each([
    'evil.example',
    'evil.example:8787',
    '127.0.0.1.evil.example:8787',
    '127.0.0.1:8788',
    'localhost',
    '127.0.0.1',
    '127.0.0.1:8787.evil.example',
    '127.0.0.1:8787@evil.example',
    '0.0.0.0:8787',
    '[::]:8787',
    '2130706433:8787',
    '',
  ])('does not answer to %j, key or no key', async (host) => {
    const { ask, emulator } = await inProcess()
    for (const path of ['/v1/models', '/v1/responses', '/healthz', '/metrics', '/', '/api/state', '/enter']) {
      expect((await ask(path, askAs(host))).status).toBe(421)
    }
    expect(emulator.log).toEqual([])
  })

  it.each(['127.0.0.1:8787', 'localhost:8787', 'LOCALHOST:8787', '[::1]:8787'])('answers to %s', async (host) => {
    const { ask } = await inProcess()
    expect((await ask('/healthz', askAs(host))).status).toBe(200)
  })

  it('answers to the names it was given, and believes no absolute URL', async () => {
    const { options } = await inProcess()
    const gateway = createGateway({ ...options, origin, hosts: ['box.example:8787'] })
    const status = async (url: string, host: string) =>
      (await gateway.fetch(new Request(url, { headers: { host } }))).status
    expect(await status(`${origin}/healthz`, 'box.example:8787')).toBe(200)
    expect(await status('http://evil.example/healthz', '127.0.0.1:8787')).toBe(421)
  })
})

describe('a gateway, asked by a page', () => {
  it.each([
    [{ origin: 'https://evil.example' }],
    [{ origin: 'null' }],
    [{ origin: 'http://127.0.0.1:8788' }],
    [{ origin: 'http://localhost' }],
    [{ origin: 'https://127.0.0.1:8787' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' }],
  ])('refuses one of another origin, even with the key: %j', async (headers: Record<string, string>) => {
    const { ask, emulator } = await inProcess()
    const answer = await ask('/v1/responses', { ...question(), headers })
    expect({ status: answer.status, cors: answer.headers.get('access-control-allow-origin') }).toEqual({
      status: 403,
      cors: null,
    })
    expect(emulator.log).toEqual([])
  })

  it('answers no preflight of an origin that is not listed', async () => {
    const { ask } = await inProcess()
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
    const answer = await ask('/v1/responses', { method: 'OPTIONS', headers })
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  it('lets one of a listed origin ask, with a key', async () => {
    const { ask } = await inProcess({ allowedOrigins: ['https://app.example'] })
    const page = { origin: 'https://app.example' }
    const preflight = await ask('/v1/responses', { method: 'OPTIONS', headers: page })
    expect(preflight.status).toBe(204)
    const answer = await ask('/v1/models', { headers: page })
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example')
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
    expect((await ask('/v1/models', { headers: { ...page, authorization: '' } })).status).toBe(401)
  })
})

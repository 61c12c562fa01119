import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import OpenAI from 'openai'
import { Agent, fetch as fetchWith } from 'undici'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listenGateway } from '../../src/gateway/index.js'
import { createCertificateAuthority } from '../../src/testing/certificate-authority.js'
import { caught } from '../support/caught.js'
import { inProcess, model, withListening } from './gateway-lab.js'
import { connectRaw } from './raw-connection.js'

const authority = createCertificateAuthority()
const certificate = authority.issue(['127.0.0.1', 'box.example'])
const page = { files: new Map([['/', { type: 'text/html', body: 'The page.' }]]) }

/** As a program asks that trusts the authority. */
function trusting(ca: string = authority.caPem) {
  const dispatcher = new Agent({ connect: { ca } })
  onTestFinished(() => dispatcher.destroy())
  return (url: string, init: Parameters<typeof fetchWith>[1] = {}) => fetchWith(url, { ...init, dispatcher })
}

describe('a gateway with a certificate', () => {
  it('answers the openai client of a program that trusts its authority', async () => {
    await withListening({ at: { tls: certificate } }, async ({ baseURL, key }) => {
      expect(baseURL).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/v1$/)
      const client = new OpenAI({ baseURL, apiKey: key, fetch: trusting() as never })
      expect((await client.responses.create({ model, input: 'Hello' })).output_text).toBe('You said: Hello')
      const streamed: string[] = []
      for await (const event of await client.responses.create({ model, input: 'Hello', stream: true })) {
        if (event.type === 'response.output_text.delta') streamed.push(event.delta)
      }
      expect(streamed.join('')).toBe('You said: Hello')
    })
  })

  it('is told nothing by a program that trusts another authority, or that speaks plainly', async () => {
    await withListening({ at: { tls: certificate } }, async ({ baseURL, listener, key, emulator }) => {
      const ask = trusting(createCertificateAuthority().caPem)
      const refused = await caught(ask(`${baseURL}/responses`, { method: 'POST', body: '{}' }))
      expect(refused).toMatchObject({ cause: { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' } })
      const { write, answered } = await connectRaw(listener.origin)
      write(`GET /v1/models HTTP/1.1\r\nHost: ${new URL(listener.origin).host}\r\nAuthorization: Bearer ${key}\r\n\r\n`)
      expect(await answered).not.toContain('HTTP/1.1 200')
      expect(emulator.log).toEqual([])
    })
  })

  it('speaks no TLS older than 1.2', async () => {
    await withListening({ at: { tls: certificate } }, async ({ listener }) => {
      const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const
      const socket = connectTls({ ...old, port: Number(new URL(listener.origin).port), ca: authority.caPem })
      const [error] = (await once(socket, 'error')) as [Error]
      expect(Reflect.get(error, 'code')).toMatch(/PROTOCOL_VERSION|NO_PROTOCOLS_AVAILABLE/)
    })
  })

  it('keeps the cookie of its console to https', async () => {
    await withListening({ at: { tls: certificate }, console: page }, async ({ listener }) => {
      const link = new URL(listener.gateway.createConsoleLink() ?? '')
      expect(link.origin).toBe(listener.origin)
      const headers = { 'content-type': 'application/json', origin: listener.origin }
      const body = JSON.stringify({ ticket: link.hash.slice(1) })
      const entered = await trusting()(`${listener.origin}/api/enter`, { method: 'POST', headers, body })
      expect(entered.headers.get('set-cookie')).toMatch(/; HttpOnly; SameSite=Strict; Secure$/)
    })
  })

  it('serves honest clients while two thousand connections never finish their handshake', async () => {
    const at = { tls: certificate, mostConnections: 256 }
    await withListening({ at }, async ({ listener, baseURL, key, emulator }) => {
      const port = Number(new URL(listener.origin).port)
      const stalled = await Promise.all(
        Array.from({ length: 2000 }, async (_, index) => {
          const socket = connect(port, '127.0.0.1').on('error', () => {})
          await once(socket, 'connect')
          // The head of a record of which the rest never comes, or not even that. Who says nothing at all may never get past the system's own queue.
          socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]).subarray(0, index % 2 === 0 ? 5 : 1))
          return socket
        }),
      )
      onTestFinished(() => stalled.forEach((socket) => socket.destroy()))
      const ask = trusting()
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
      const body = JSON.stringify({ model, input: 'Hello' })
      for (let turn = 0; turn < 5; turn += 1) {
        expect((await ask(`${baseURL}/responses`, { method: 'POST', headers, body })).status).toBe(200)
      }
      expect(emulator.counters.requests.responses).toBe(5)
      await expect.poll(() => stalled.filter(({ destroyed }) => !destroyed).length).toBeLessThanOrEqual(256)
    })
  })

  it('ends with connections open that say nothing, before the handshake and after it', async () => {
    const { options } = await inProcess()
    const listener = await listenGateway(options, { tls: certificate, graceMs: 60_000 })
    const port = Number(new URL(listener.origin).port)
    const silent = connect(port, '127.0.0.1').on('error', () => {})
    const secure = connectTls({ port, ca: authority.caPem, host: '127.0.0.1' }).on('error', () => {})
    await Promise.all([once(silent, 'connect'), once(secure, 'secureConnect')])
    await listener.close()
    for (const socket of [silent, secure]) if (!socket.destroyed) await once(socket, 'close')
    expect([silent.destroyed, secure.destroyed]).toEqual([true, true])
  })
})

describe('a gateway for other machines', () => {
  const remote = { address: '0.0.0.0', allowRemote: true, tls: certificate }

  it('listens with the switch and a certificate, and still asks everybody for a key', async () => {
    await withListening({ at: remote }, async ({ listener, key, emulator }) => {
      const ask = trusting()
      const status = async (headers: Record<string, string>) =>
        (await ask(`${listener.localOrigin}/v1/models`, { headers })).status
      expect(await status({})).toBe(401)
      expect(await status({ authorization: 'Bearer guess' })).toBe(401)
      expect(emulator.log).toEqual([])
      expect(await status({ authorization: `Bearer ${key}` })).toBe(200)
    })
  })

  it('tells clients the name it was given, and is no place called 0.0.0.0', async () => {
    await withListening({ at: remote, hosts: ['box.example:8443'] }, async ({ listener }) => {
      expect(listener.origin).toBe('https://box.example:8443')
      expect(listener.localOrigin).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
      const statusAs = async (host: string) => {
        const options = { ca: authority.caPem, servername: 'box.example', headers: { host } }
        const asking = request(`${listener.localOrigin}/healthz`, options).end()
        const [{ statusCode }] = (await once(asking, 'response')) as [IncomingMessage]
        return statusCode
      }
      expect(await statusAs('box.example:8443')).toBe(200)
      expect(await statusAs('0.0.0.0:8443')).toBe(421)
      expect(await statusAs('evil.example:8443')).toBe(421)
    })
  })

  it.each([
    ['without the switch', { allowRemote: false }],
    ['without a certificate', { tls: undefined }],
    ['with a key of another certificate', { tls: { ...certificate, key: authority.issue(['127.0.0.1']).key } }],
    ['with what is no certificate', { tls: { cert: 'none', key: 'none' } }],
  ])('does not listen %s', async (_name, change) => {
    const { options } = await inProcess()
    expect(await caught(listenGateway(options, { ...remote, ...change }))).toMatchObject({ code: 'ERR_CONFIG_LISTEN' })
  })
})

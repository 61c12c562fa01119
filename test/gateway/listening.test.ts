import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/core/index.js'
import { listenGateway } from '../../src/gateway/index.js'
import { caught } from '../support/caught.js'
import { inProcess, model, question, withListening } from './gateway-lab.js'
import { connectRaw, statusOf } from './raw-connection.js'

const megabyte = 1024 * 1024

function head(origin: string, lines: readonly string[]): string {
  return [`POST /v1/responses HTTP/1.1`, `Host: ${new URL(origin).host}`, ...lines, '', ''].join('\r\n')
}

describe('a gateway that listens', () => {
  it('cuts off ten megabytes of headers', async () => {
    await withListening({}, async ({ listener, emulator }) => {
      const { write, answered, socket } = await connectRaw(listener.origin)
      write(head(listener.origin, [`X-Long: ${'a'.repeat(10 * megabyte)}`]))
      expect(statusOf(await answered)).toBe(431)
      expect(socket.bytesWritten).toBeLessThan(11 * megabyte)
      expect(emulator.log).toEqual([])
    })
  })

  it('refuses a body of a gigabyte before it comes', async () => {
    await withListening({}, async ({ listener, key, emulator }) => {
      const connection = await connectRaw(listener.origin)
      connection.write(head(listener.origin, [`Authorization: Bearer ${key}`, `Content-Length: ${1024 * megabyte}`]))
      expect(statusOf(await connection.answered)).toBe(413)
      expect(emulator.log).toEqual([])
    })
  })

  it('counts a body whose length nobody told, and takes in no more of it than it may', async () => {
    await withListening({ limits: { maximumBodyBytes: megabyte } }, async ({ listener, key, emulator }) => {
      const { write, answered, socket } = await connectRaw(listener.origin)
      write(head(listener.origin, [`Authorization: Bearer ${key}`, 'Transfer-Encoding: chunked']))
      const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`
      let sent = 0
      while (!socket.destroyed && sent < 1024 * megabyte) {
        sent += chunk.length
        if (!socket.write(chunk))
          await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined)
      }
      expect(statusOf(await answered)).toBe(413)
      expect(sent).toBeLessThan(200 * megabyte)
      expect(emulator.log).toEqual([])
    })
  })

  it('does not read the body of somebody without a key', async () => {
    await withListening({}, async ({ listener }) => {
      const { write, answered } = await connectRaw(listener.origin)
      write(head(listener.origin, ['Content-Length: 1000000']))
      expect(statusOf(await answered)).toBe(401)
    })
  })

  it('serves honest clients while two thousand connections send their headers a byte at a time', async () => {
    await withListening({ at: { mostConnections: 256 } }, async ({ listener, baseURL, key }) => {
      const slow = await Promise.all(
        Array.from({ length: 2000 }, async () => {
          const connection = await connectRaw(listener.origin)
          connection.write('POST /v1/responses HTTP/1.1\r\nX-Slow: ')
          return connection
        }),
      )
      onTestFinished(() => slow.forEach(({ socket }) => socket.destroy()))
      for (const { write } of slow.filter(({ socket }) => !socket.destroyed)) write('a')
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
      const body = JSON.stringify({ model, input: 'Hello' })
      for (let turn = 0; turn < 5; turn += 1) {
        expect((await fetch(`${baseURL}/responses`, { method: 'POST', headers, body })).status).toBe(200)
      }
      // The oldest gave way: no more are held than are allowed.
      await expect.poll(() => slow.filter(({ socket }) => !socket.destroyed).length).toBeLessThanOrEqual(256)
    })
  })

  it.each([
    ['/v1/../api/state', 401],
    ['/v1/%2e%2e/api/state', 401],
    ['//v1/responses', 404],
    ['/v1//responses', 404],
    ['/V1/responses', 404],
    ['/v1/responses/', 404],
    ['/v1/responses/../../etc/passwd', 404],
    ['/v1/responses%00', 404],
    ['/v1/responses%2f..%2fmodels', 404],
    ['/v1/chat/completions/x', 404],
    ['/api/../v1/responses', 200],
    ['/etc/passwd', 404],
    ['/../../etc/passwd', 404],
    ['/%2e%2e/%2e%2e/etc/passwd', 404],
    ['/\\..\\..\\etc\\passwd', 400],
  ])('takes %s for nothing but what it is', async (path, status) => {
    const page = { files: new Map([['/', { type: 'text/html', body: 'The page.' }]]) }
    await withListening({ console: page }, async ({ listener, key }) => {
      const body = JSON.stringify({ model, input: 'Hello' })
      const { write, answered } = await connectRaw(listener.origin)
      const isPage = path.includes('api/state')
      write(
        [
          `${isPage ? 'GET' : 'POST'} ${path} HTTP/1.1`,
          `Host: ${new URL(listener.origin).host}`,
          `Authorization: Bearer ${key}`,
          'Content-Type: application/json',
          `Content-Length: ${isPage ? 0 : body.length}`,
          'Connection: close',
          '',
          isPage ? '' : body,
        ].join('\r\n'),
      )
      expect(statusOf(await answered)).toBe(status)
    })
  })

  it.each([
    ['a line break in a value', 'X-Client-Request-Id: a\r\n evil: yes'],
    ['a bare line feed', 'X-Client-Request-Id: a\nEvil: yes'],
    ['a null', 'X-Client-Request-Id: a\0b'],
    ['two lengths', 'Content-Length: 3\r\nContent-Length: 4'],
    ['a length and chunks', 'Content-Length: 3\r\nTransfer-Encoding: chunked'],
  ])('passes nothing on of headers with %s', async (_name, line) => {
    await withListening({}, async ({ listener, key, emulator }) => {
      const { write, answered } = await connectRaw(listener.origin)
      write(head(listener.origin, [`Authorization: Bearer ${key}`, line, 'Connection: close']))
      expect(statusOf(await answered)).toBe(400)
      expect(emulator.log).toEqual([])
    })
  })

  it('hands on no header of the client that signs or names somebody', async () => {
    await withListening({}, async ({ baseURL, key, emulator }) => {
      const headers = {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'chatgpt-account-id': 'account-of-somebody-else',
        cookie: 'session=mine',
        originator: 'codex_cli_rs',
        'x-forwarded-for': '10.0.0.1',
      }
      await fetch(`${baseURL}/responses`, { ...question(), headers })
      const sent = JSON.stringify(emulator.log.at(-1)?.headers)
      for (const value of [key, 'somebody-else', 'session=mine', 'codex_cli_rs', '10.0.0.1'])
        expect(sent).not.toContain(value)
    })
  })

  it('answers no more than it may at once, and says when to come again', async () => {
    await withListening(
      { limits: { maximumRunning: 1, maximumWaiting: 1 } },
      async ({ baseURL, key, emulator, clock }) => {
        emulator.faults.add({ endpoint: 'responses', delayMs: 60_000, times: 1 })
        const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
        const ask = () => fetch(`${baseURL}/responses`, { ...question(), headers })
        const first = ask()
        await expect.poll(() => emulator.counters.requests.responses).toBe(1)
        const second = ask()
        const refused = await Promise.race([ask(), ask()])
        expect({ status: refused.status, after: refused.headers.get('retry-after') }).toEqual({
          status: 503,
          after: '2',
        })
        await clock.advance(60_000)
        expect((await first).status).toBe(200)
        expect([200, 503]).toContain((await second).status)
      },
    )
  })

  it('keeps a connection whose second question is being answered, when there are too many', async () => {
    await withListening({ at: { mostConnections: 2 } }, async ({ listener, key, emulator, clock }) => {
      emulator.faults.add({ endpoint: 'responses', delayMs: 60_000 })
      const asking = await connectRaw(listener.origin)
      const { host } = new URL(listener.origin)
      const body = JSON.stringify({ model, input: 'Hello' })
      const lines = [`Authorization: Bearer ${key}`, `Content-Length: ${body.length}`, 'Connection: close']
      asking.write(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n${head(listener.origin, lines)}${body}`)
      await expect.poll(() => emulator.counters.requests.responses).toBe(1)
      const others = [await connectRaw(listener.origin), await connectRaw(listener.origin)]
      onTestFinished(() => others.forEach(({ socket }) => socket.destroy()))
      // The first of them has given way to the second.
      await others[0]?.answered
      await clock.advance(60_000)
      expect(await asking.answered).toContain('"status":"completed"')
    })
  })

  it('asks the backend no further when the client has left', async () => {
    await withListening({}, async ({ baseURL, key, emulator, listener }) => {
      emulator.scenario.answers = [{ answer: { items: [{ type: 'text', text: 'word '.repeat(5000) }] } }]
      emulator.faults.add({ endpoint: 'responses', slow: { chunkBytes: 64, delayMs: 1000 } })
      const leaving = new AbortController()
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
      const asking = caught(
        fetch(`${baseURL}/responses`, { ...question({ stream: true }), headers, signal: leaving.signal }),
      )
      await expect.poll(() => listener.gateway.running).toBe(1)
      leaving.abort()
      await asking
      await expect.poll(() => listener.gateway.running).toBe(0)
    })
  })

  it('lets what runs come to its end when it is stopped, and takes no more', async () => {
    const { options, key, emulator, clock } = await inProcess()
    const listener = await listenGateway({ ...options, clock: systemClock }, { graceMs: 10_000 })
    emulator.faults.add({ endpoint: 'responses', delayMs: 1000 })
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const running = fetch(`${listener.origin}/v1/responses`, { ...question(), headers })
    await expect.poll(() => emulator.counters.requests.responses).toBe(1)
    const closed = listener.close()
    await expect(fetch(`${listener.origin}/v1/models`, { headers })).rejects.toThrow('fetch failed')
    await clock.advance(1000)
    expect((await running).status).toBe(200)
    await closed
  })

  it('is not to be reached from elsewhere without its person’s word and TLS', async () => {
    const { options } = await inProcess()
    for (const address of ['0.0.0.0', '::', '192.0.2.1', 'box.example']) {
      expect(await caught(listenGateway(options, { address }))).toMatchObject({ code: 'ERR_CONFIG_LISTEN' })
      const allowed = { address, allowRemote: true }
      expect(await caught(listenGateway(options, allowed))).toMatchObject({ code: 'ERR_CONFIG_LISTEN' })
    }
  })
})

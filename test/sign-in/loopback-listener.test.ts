import { networkInterfaces } from 'node:os'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listenOnLoopback } from '../../src/sign-in/loopback-listener.js'
import { withResolvers } from '../../src/sign-in/with-resolvers.js'
import { caught } from '../support/caught.js'
import { dial, foreignServer, hear, isListening, visit } from './loopback-client.js'

async function listening(port = 0, addresses?: string[]) {
  const listener = await listenOnLoopback(port, addresses)
  onTestFinished(() => listener.close())
  return listener
}

async function greeting() {
  const listener = await listening()
  listener.serve(() => ({ status: 200, body: 'hello' }))
  return listener
}

describe('the loopback listener', () => {
  it('answers on 127.0.0.1 and on ::1, on one port', async () => {
    const { hosts, port } = await greeting()
    expect(hosts).toEqual(['127.0.0.1', '[::1]'])
    for (const host of ['127.0.0.1', '::1']) expect(await visit(port, '/', { host })).toMatchObject({ body: 'hello' })
  })

  it('cannot be reached from the network', async () => {
    const { port } = await greeting()
    const outer = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
    const reachable = outer.filter(({ internal, scopeid }) => !internal && !scopeid).map(({ address }) => address)
    for (const host of [...reachable, '127.0.0.2']) expect(await isListening(port, host)).toBe(false)
  })

  it('goes on with one address where the machine has not both', async () => {
    const onlyFirst = await listening(0, ['127.0.0.1', '2001:db8::1'])
    expect(onlyFirst).toMatchObject({ hosts: ['127.0.0.1'], origin: `http://127.0.0.1:${onlyFirst.port}` })
    const onlySecond = await listening(0, ['192.0.2.1', '::1'])
    expect(onlySecond).toMatchObject({ hosts: ['[::1]'], origin: `http://localhost:${onlySecond.port}` })
  })

  it('goes on with 127.0.0.1 when another program has the port on ::1', async () => {
    const { port } = await foreignServer({ host: '::1' })
    expect(await listening(port)).toMatchObject({ port, hosts: ['127.0.0.1'] })
  })

  it('fails when another program has the port on 127.0.0.1, and holds nothing then', async () => {
    const { port } = await foreignServer()
    expect(await caught(listenOnLoopback(port))).toMatchObject({ code: 'EADDRINUSE' })
    expect(await isListening(port, '::1')).toBe(false)
  })

  it('lets requests wait that came before anybody serves', async () => {
    const listener = await listening()
    const early = visit(listener.port, '/early')
    listener.serve(({ url }) => ({ status: 200, body: String(url) }))
    expect(await early).toMatchObject({ body: '/early' })
  })

  it('says how long every answer is, and that it is the last on its connection', async () => {
    const { port } = await greeting()
    expect((await visit(port, '/')).headers).toMatchObject({ connection: 'close', 'content-length': '5' })
  })

  it('hangs up when it cannot answer', async () => {
    const listener = await listening()
    listener.serve(() => {
      throw new Error('broken')
    })
    expect(await hear(await dial(listener.port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'))).toBe('')
  })
})

describe('a hostile client of the loopback listener', () => {
  const tooMuch = {
    'headers without an end': `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`,
    'a request line without an end': `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n\r\n`,
    'something that is no HTTP': 'SSH-2.0-OpenSSH_9.9\r\n\r\n',
  }
  it.each(Object.entries(tooMuch))('is refused with %s', async (_name, text) => {
    const { port } = await greeting()
    const answer = await hear(await dial(port, text))
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(answer).toMatch(/Connection: close\r\n.*Content-Length: 11\r\n\r\nBad Request$/s)
  })

  it('with a thousand silent connections neither keeps a browser out nor the port from closing', async () => {
    const listener = await greeting()
    const sockets = await Promise.all(Array.from({ length: 1000 }, () => dial(listener.port)))
    expect(await visit(listener.port, '/')).toMatchObject({ body: 'hello' })
    await listener.close()
    expect(await isListening(listener.port)).toBe(false)
    expect(sockets).toHaveLength(1000)
  })

  it('that begins a request and never ends it does not keep the port', async () => {
    const listener = await greeting()
    const unfinished = [
      'GET / HT',
      'GET / HTTP/1.1\r\nHost: x\r\n',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na',
    ]
    for (const text of unfinished) await dial(listener.port, text)
    await visit(listener.port, '/')
    await listener.close()
    expect((await listening(listener.port)).port).toBe(listener.port)
  })

  it('that gets no answer is cut off a second after the port was closed', async () => {
    const listener = await listening()
    const asked = withResolvers<void>()
    listener.serve(() => {
      asked.resolve()
      return new Promise(() => undefined)
    })
    const patient = await dial(listener.port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await asked.promise
    await listener.close()
    expect(await hear(patient)).toBe('')
  })

  it('is cut off when it is silent for long', { timeout: 15_000 }, async () => {
    const { port } = await greeting()
    expect(await hear(await dial(port, 'GET / HTTP/1.1\r\n'))).toMatch(/^HTTP\/1\.1 4/)
  })
})

import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Secret } from '../../src/core/index.js'
import { caught, caughtAuthError, caughtCode } from '../support/caught.js'
import { toArray } from '../support/to-array.js'
import { join, startFakeServer } from './fake-server.js'

describe('a websocket to an app server', () => {
  it('carries the bearer in its header, on loopback', async () => {
    const server = await startFakeServer()
    await join(server, { transport: { kind: 'websocket', address: server.address, bearer: new Secret('sesame') } })
    expect(server.authorizations).toEqual(['Bearer sesame'])
    await join(server)
    expect(server.authorizations[1]).toBeUndefined()
  })

  it.each([
    'ws://example.test/',
    'http://127.0.0.1/',
    'ws://ada:secret@127.0.0.1/',
    'ws://127.0.0.1.example.test/',
    'nowhere',
  ])('is not opened where others could read along, or under a name with a password in it: %s', async (address) => {
    const server = await startFakeServer()
    const transport = { kind: 'websocket', address, bearer: new Secret('open sesame') } as const
    const externalAuth = { refresh: () => expect.unreachable('Nobody is to be asked for a token.') }
    const error = await caughtAuthError(join(server, { transport, externalAuth }))
    expect(error.code).toBe('ERR_CONFIG_URL')
    expect(error.message).not.toMatch(/sesame|secret/)
  })

  it('says which server could not be reached', async () => {
    const server = await startFakeServer()
    const transport = { kind: 'websocket', address: 'ws://127.0.0.1:1/' } as const
    const error = await caughtAuthError(join(server, { transport }))
    expect(error).toMatchObject({ code: 'ERR_NETWORK_UNREACHABLE', message: expect.stringContaining('127.0.0.1:1') })
  })

  it('says that nobody listens on a socket file', async () => {
    const server = await startFakeServer()
    const transport = { kind: 'websocket', address: 'unix:/nowhere/app.sock' } as const
    const error = await caughtAuthError(join(server, { transport }))
    expect(error).toMatchObject({ code: 'ERR_NETWORK_UNREACHABLE', message: expect.stringContaining('ENOENT') })
  })

  it('keeps what the server says and asks while it is greeted', async () => {
    const server = await startFakeServer({
      initialize: (_params, { say }) => {
        say({ method: 'configWarning', params: { summary: 'first' } })
        say({ id: 0, method: 'item/fileChange/requestApproval', params: { itemId: '1' } })
        return { userAgent: 'fake' }
      },
    })
    const connection = await join(server, {
      handlers: { 'item/fileChange/requestApproval': async () => ({ decision: 'decline' }) },
    })
    const notifications = connection.allNotifications()
    await connection.callUntyped('never', {}, { timeoutMs: 20 }).catch(() => undefined)
    await connection.close()
    expect(await toArray(notifications)).toEqual([{ method: 'configWarning', params: { summary: 'first' } }])
    expect(server.received).toContainEqual({ id: 0, result: { decision: 'decline' } })
  })

  it('skips what is no message, and tells nobody what was in it', async () => {
    const server = await startFakeServer({ 'account/read': () => ({ account: null }) })
    const bearer = new Secret('open sesame')
    const logged: string[] = []
    const log = (message: string) => void logged.push(message)
    const connection = await join(server, {
      transport: { kind: 'websocket', address: server.address, bearer },
      logger: { debug: log, warn: log },
    })
    server.say('{"token": "open sesame"')
    expect(await connection.account.read()).toEqual({ account: null })
    expect(logged.join()).toContain('no message')
    expect(logged.join()).not.toContain('sesame')
  })

  it('ends at a message that is too long, and everybody hears why', async () => {
    const server = await startFakeServer({ 'account/read': () => ({ account: 'x'.repeat(5000) }) })
    const connection = await join(server, { maxMessageBytes: 1000 })
    expect(await caughtCode(connection.account.read())).toBe('ERR_RPC_BAD_MESSAGE')
    expect((await connection.ended).code).toBe('ERR_RPC_BAD_MESSAGE')
  })

  it('is given up while the other side says nothing, when nobody waits any more', async () => {
    const silent = createServer()
    await once(silent.listen(0, '127.0.0.1'), 'listening')
    onTestFinished(() => void silent.close())
    const connected = once(silent, 'connection') as Promise<[Socket]>
    const controller = new AbortController()
    const address = `ws://127.0.0.1:${(silent.address() as AddressInfo).port}`
    const transport = { kind: 'websocket', address } as const
    const joining = caught(join(await startFakeServer(), { transport, signal: controller.signal }))
    const [socket] = await connected
    const ended = once(socket.resume(), 'close')
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await joining).toBe(reason)
    await ended
  })

  it('is not opened for somebody who has stopped waiting', async () => {
    const server = await startFakeServer()
    const reason = new Error('enough')
    await expect(join(server, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(server.received).toEqual([])
  })
})

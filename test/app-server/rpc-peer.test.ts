import { assert, object, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseMessage } from '../../src/app-server/message.js'
import {
  AnswerableError,
  openRpcPeer,
  type RequestHandler,
  type RpcPeerOptions,
} from '../../src/app-server/rpc-peer.js'
import { RpcRefusedError } from '../../src/app-server/rpc-refused-error.js'
import { AuthError, silentLogger } from '../../src/core/index.js'
import { createFakeClock } from '../../src/testing/index.js'
import { caught, caughtAuthError, caughtCode } from '../support/caught.js'
import { toArray } from '../support/to-array.js'
import { createFakeChannel } from './fake-channel.js'

async function openPeer(
  handlers: Readonly<Record<string, RequestHandler>> = {},
  options: Partial<RpcPeerOptions> = {},
) {
  const channel = createFakeChannel()
  const clock = createFakeClock()
  const peer = await openRpcPeer({
    open: channel.open,
    handlers: new Map(Object.entries(handlers)),
    requestTimeoutMs: 1000,
    queueLimit: 3,
    clock,
    logger: silentLogger,
    ...options,
  })
  return { peer, clock, ...channel }
}

const anything = () => true
const told = (method: string, value: number) => ({ method, params: { value } })

describe('a call', () => {
  it('goes out as the server takes it, and gets the answer with its id', async () => {
    const { peer, sent, receive } = await openPeer()
    const [first, second] = [peer.call('one', { a: 1 }), peer.call('two', undefined)]
    expect(sent).toEqual([
      { id: 1, method: 'one', params: { a: 1 } },
      { id: 2, method: 'two' },
    ])
    receive({ id: 2, result: 'second' })
    receive({ id: 1, result: 'first' })
    expect(await Promise.all([first, second])).toEqual(['first', 'second'])
  })

  it('fails with the number and the words of the server, without what looks like a secret', async () => {
    const { peer, receive } = await openPeer()
    const error = caught(peer.call('account/read', {}))
    receive({ id: 1, error: { code: -32603, message: 'no luck with eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9' } })
    expect(await error).toBeInstanceOf(RpcRefusedError)
    expect(await error).toMatchObject({ code: 'ERR_RPC_REFUSED', rpcCode: -32603 })
    expect(String(await error)).toContain('account/read (-32603): no luck with [redacted].')
  })

  it('ignores a second answer, and one that nobody waits for', async () => {
    const { peer, receive } = await openPeer()
    const first = peer.call('one', {})
    receive({ id: 1, result: 'right' })
    receive({ id: 1, result: 'wrong' })
    receive({ id: 1, error: { code: 1, message: 'wrong' } })
    receive({ id: 77, result: 'whose?' })
    expect(await first).toBe('right')
    const second = peer.call('two', {})
    receive({ id: 2, result: 'still here' })
    expect(await second).toBe('still here')
  })

  it('gives up after a while when no answer comes, and the connection lives on', async () => {
    const { peer, clock, receive } = await openPeer()
    const never = caughtAuthError(peer.call('one', {}))
    await clock.advance(1000)
    expect(await never).toMatchObject({ code: 'ERR_RPC_TIMEOUT', message: expect.stringContaining('one was not') })
    receive({ id: 1, result: 'too late' })
    const next = peer.call('two', {}, { timeoutMs: 5000 })
    await clock.advance(4000)
    receive({ id: 2, result: 'in time' })
    expect(await next).toBe('in time')
  })

  it('ends with the reason of its signal, and is not sent when that has aborted before', async () => {
    const { peer, sent } = await openPeer()
    const stop = new AbortController()
    const stopped = caught(peer.call('one', {}, { signal: stop.signal }))
    stop.abort('enough')
    expect(await stopped).toBe('enough')
    expect(await caught(peer.call('two', {}, { signal: stop.signal }))).toBe('enough')
    expect(sent).toHaveLength(1)
  })

  it('fails when the answer says nothing', async () => {
    const { peer, receive } = await openPeer()
    const empty = caughtCode(peer.call('one', {}))
    receive({ id: 1 })
    expect(await empty).toBe('ERR_RPC_BAD_MESSAGE')
  })

  it('fails when the server goes, as does every one after it', async () => {
    const { peer, end } = await openPeer()
    const waiting = caughtCode(peer.call('one', {}))
    end()
    expect(await waiting).toBe('ERR_RPC_CLOSED')
    expect(await caughtCode(peer.call('two', {}))).toBe('ERR_RPC_CLOSED')
    expect((await peer.ended).code).toBe('ERR_RPC_CLOSED')
  })
})

describe('what is no message', () => {
  it('is skipped', async () => {
    const { peer, receive } = await openPeer()
    const call = peer.call('one', {})
    for (const line of ['', 'Welcome!', '[]', '{"id":', '{"id":{}}', '{"params":1}', 'null', '7']) receive(line)
    receive({ id: 1, result: 'fine' })
    expect(await call).toBe('fine')
  })

  it('is told from a message, whatever comes', () => {
    assert(property(string(), (text) => parseMessage(text).kind === 'malformed'))
    assert(
      property(object(), (value) => {
        expect(parseMessage(JSON.stringify(value)).kind).toMatch(/^[a-z]+$/)
      }),
    )
  })
})

describe('a request of the server', () => {
  const asked = async (handlers: Readonly<Record<string, RequestHandler>>, method = 'question') => {
    const { sent, receive } = await openPeer(handlers)
    receive({ id: 0, method, params: { a: 1 } })
    await new Promise(setImmediate)
    return sent
  }

  it('is answered by its handler', async () => {
    expect(await asked({ question: async (params) => ({ params }) })).toEqual([{ id: 0, result: { params: { a: 1 } } }])
    expect(await asked({ question: async () => undefined })).toEqual([{ id: 0, result: {} }])
  })

  it('is refused by its name when nobody handles it', async () => {
    expect(await asked({}, 'item/tool/call')).toEqual([
      { id: 0, error: { code: -32601, message: 'method not found: item/tool/call' } },
    ])
  })

  it('is told nothing of why a handler failed, but what it may read', async () => {
    const fail = async () => {
      throw new AuthError('ERR_TOKEN_REFRESH_REVOKED', 'rt_secret was revoked.')
    }
    expect(await asked({ question: fail })).toEqual([
      { id: 0, error: { code: -32000, message: 'The host could not answer.' } },
    ])
    const loop: Record<string, unknown> = {}
    loop['again'] = loop
    expect(await asked({ question: async () => loop })).toEqual([
      { id: 0, error: { code: -32000, message: 'The host could not answer.' } },
    ])
    const answer = async () => {
      throw new AnswerableError('Ask again.')
    }
    expect(await asked({ question: answer })).toEqual([{ id: 0, error: { code: -32000, message: 'Ask again.' } }])
  })
})

describe('notifications', () => {
  it('come to each reader that wants them, in order', async () => {
    const { peer, receive, end } = await openPeer()
    const [all, some] = [peer.notifications(anything), peer.notifications(({ method }) => method === 'b')]
    for (const [index, method] of ['a', 'b', 'c'].entries()) receive(told(method, index))
    void peer.close()
    end()
    expect(await toArray(all)).toEqual([told('a', 0), told('b', 1), told('c', 2)])
    expect(await toArray(some)).toEqual([told('b', 1)])
  })

  it('from before are kept for whoever takes them first, up to a limit', async () => {
    const { peer, receive } = await openPeer()
    for (let index = 0; index < 150; index++) receive(told('early', index))
    const early = peer.takeEarlyNotifications()
    expect(early).toHaveLength(100)
    expect(early.at(-1)).toEqual(told('early', 149))
    receive(told('late', 1))
    expect(peer.takeEarlyNotifications()).toEqual([])
  })

  it('end with an error for a reader that is too slow, and for nobody else', async () => {
    const { peer, receive } = await openPeer()
    const [slow, quick] = [peer.notifications(anything), peer.notifications(({ method }) => method === 'last')]
    for (let index = 0; index < 4; index++) receive(told('many', index))
    receive(told('last', 9))
    const read: unknown[] = []
    const error = await caughtAuthError(async () => {
      for await (const { params } of slow) read.push(params)
    })
    expect(error).toMatchObject({ code: 'ERR_RPC_OVERFLOW', remedy: 'fix-configuration' })
    expect(read).toEqual([{ value: 0 }, { value: 1 }, { value: 2 }])
    await peer.close()
    expect(await toArray(quick)).toEqual([told('last', 9)])
  })

  it('end with the reason when the server goes, after what was there is read', async () => {
    const { peer, receive, end } = await openPeer()
    const queue = peer.notifications(anything)
    receive(told('last', 1))
    end()
    const read: unknown[] = []
    const reading = async () => {
      for await (const { method } of queue) read.push(method)
    }
    expect(await caughtCode(reading)).toBe('ERR_RPC_CLOSED')
    expect(read).toEqual(['last'])
    expect(await caughtCode(async () => toArray(peer.notifications(anything)))).toBe('ERR_RPC_CLOSED')
  })
})

import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { parse } from 'smol-toml'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connectAppServer, type AppServerOptions, type EnvironmentInput } from '../../src/app-server/index.js'
import { createLineSplitter } from '../../src/app-server/line-splitter.js'
import { bearerTokens } from '../../src/core/external.js'
import { Secret, type JsonObject } from '../../src/core/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const script = join(import.meta.dirname, 'scripted-server.mjs')

async function connect(environment: EnvironmentInput, options: Partial<AppServerOptions> = {}) {
  const server = await connectAppServer({
    transport: { kind: 'stdio', command: process.execPath, args: [script] },
    client: { name: 'test', version: '1.0' },
    cwd: import.meta.dirname,
    environment,
    ...options,
  })
  onTestFinished(() => server.close())
  return server
}

/** What the child tells of itself. */
async function report(server: Awaited<ReturnType<typeof connect>>): Promise<JsonObject> {
  for await (const { method, params } of server.allNotifications()) if (method === 'report') return params as JsonObject
  throw new Error('There was no report.')
}

describe('the child', () => {
  it('gets the folder and the variables that were named, and none of ours', async () => {
    const folder = await temporaryFolder()
    const server = await connect({ SCRIPT: 'report', KEPT: 'yes', GONE: undefined }, { cwd: folder })
    expect(await report(server)).toEqual({ environment: { SCRIPT: 'report', KEPT: 'yes' }, args: [], cwd: folder })
  })

  it('keeps its own keys when nobody signs it in', async () => {
    const server = await connect({ SCRIPT: 'report', CODEX_API_KEY: 'sk-mine' })
    expect(await report(server)).toMatchObject({ environment: { CODEX_API_KEY: 'sk-mine' } })
  })

  it('is told of a provider of the host, whose socket goes with the connection, and of no key beside it', async () => {
    const modelProvider = {
      auth: { refresh: async () => bearerTokens(new Secret('token')) },
      baseUrl: 'https://corp.example/v1',
    }
    const server = await connect({ SCRIPT: 'report', CODEX_API_KEY: 'sk-mine' }, { modelProvider })
    const { args, environment } = (await report(server)) as { args: string[]; environment: JsonObject }
    expect(environment).toEqual({ SCRIPT: 'report' })
    const { model_provider: provider, model_providers: providers } = parse([args[1], args[3]].join('\n')) as {
      model_provider: string
      model_providers: Record<string, { base_url: string; auth: { args: string[] } }>
    }
    expect(providers[provider]?.base_url).toBe('https://corp.example/v1')
    const socket = providers[provider]?.auth.args.at(-1) ?? ''
    expect((await stat(socket)).isSocket()).toBe(true)
    await server.close()
    await expect(stat(dirname(socket))).rejects.toThrow('ENOENT')
  })

  it.each([
    ['has a bad', { 'A=B': 'x' }],
    ['has a bad', { A: 'x\0y' }],
    ['has a bad', { A: 7 as unknown as string }],
    ['is no object', ['A=B'] as unknown as EnvironmentInput],
  ])('is not started with an environment that %s name or value', async (why, environment) => {
    const error = await caughtAuthError(connect(environment, { transport: { kind: 'stdio', command: '/nowhere' } }))
    expect(error).toMatchObject({ code: 'ERR_CONFIG_USAGE', message: expect.stringContaining(why) })
  })

  it('is not started in a folder that is not absolute', async () => {
    const options = { cwd: 'here', transport: { kind: 'stdio', command: '/nowhere' } } as const
    expect(await caughtCode(connect({}, options))).toBe('ERR_CONFIG_USAGE')
  })

  it('is named when it cannot be started', async () => {
    const transport = { kind: 'stdio', command: '/nowhere/codex' } as const
    const error = await caughtAuthError(connect({}, { transport }))
    expect(error).toMatchObject({ code: 'ERR_RPC_START', message: expect.stringContaining('/nowhere/codex') })
    expect(error.message).toContain('ENOENT')
  })

  it('is looked up on its own path', async () => {
    const transport = { kind: 'stdio', command: 'node', args: [script] } as const
    expect(await caughtCode(connect({ PATH: await temporaryFolder() }, { transport }))).toBe('ERR_RPC_START')
    const server = await connect({ PATH: join(process.execPath, '..') }, { transport })
    expect(server.server.userAgent).toBe('scripted')
  })

  it('may print what is no message', async () => {
    const server = await connect({ SCRIPT: 'chatter' })
    expect(await report(server)).toEqual({})
  })

  it('is killed when one message is longer than any may be', async () => {
    const server = await connect({ SCRIPT: 'flood' }, { maxMessageBytes: 1000 })
    const error = await server.ended
    expect(error).toMatchObject({ code: 'ERR_RPC_BAD_MESSAGE', message: expect.stringContaining('1000 bytes') })
    expect(await caughtCode(server.account.read())).toBe('ERR_RPC_BAD_MESSAGE')
  })

  it('leaves its last twenty lines when it dies, in plain text and without secrets', async () => {
    const server = await connect({ SCRIPT: 'die' })
    const { code, message } = await server.ended
    expect(code).toBe('ERR_RPC_CLOSED')
    expect(message).toContain('exit code 3')
    expect(message).toContain('line 12 | line 13')
    expect(message).not.toContain('line 11 ')
    expect(message).toContain('Authorization: Bearer [redacted]')
    expect(message).not.toMatch(/eyJ|\p{Cc}/u)
  })

  /** A server that has started a process which does not go by itself, and how that one is heard of. */
  async function connectParent(role: string) {
    const calls = createServer().listen(0, '127.0.0.1')
    await once(calls, 'listening')
    onTestFinished(() => void calls.close())
    const { port } = calls.address() as AddressInfo
    const server = await connect({ SCRIPT: role, PORT: String(port) })
    const [call] = (await once(calls, 'connection')) as [Socket]
    const gone = once(
      call.on('error', () => {}),
      'close',
    )
    return { server, call, gone }
  }

  it('is killed when it does not go, with what it started', async () => {
    const { server, gone } = await connectParent('parent')
    await server.close()
    await server.close()
    expect(await gone).toBeDefined()
  })

  it('is told of when it has gone, although what it started has its pipes, and that goes too', async () => {
    const { server, call, gone } = await connectParent('leaver')
    call.write('go')
    expect((await server.ended).message).toContain('exit code 7')
    expect(await gone).toBeDefined()
  })

  it('is waited for no longer than a few seconds', async () => {
    const server = await connect({ SCRIPT: 'stubborn' })
    const started = performance.now()
    await server.close()
    expect(performance.now() - started).toBeLessThan(6000)
  })
})

describe('lines', () => {
  it('are put together from chunks, wherever those are cut', () => {
    const text = '{"a":"ä€😀"}\r\n\n{"b":2}\nrest'
    const bytes = Buffer.from(text)
    for (let size = 1; size < bytes.length; size++) {
      const lines: string[] = []
      const splitter = createLineSplitter(
        1000,
        (line) => lines.push(line),
        () => lines.push('too long'),
      )
      for (let from = 0; from < bytes.length; from += size) splitter.push(bytes.subarray(from, from + size))
      splitter.end()
      expect(lines).toEqual(['{"a":"ä€😀"}', '{"b":2}', 'rest'])
    }
  })

  it('end at the limit, told once', () => {
    const told: string[] = []
    const splitter = createLineSplitter(
      5,
      (line) => told.push(line),
      () => told.push('too long'),
    )
    for (const chunk of ['12345\n', '123', '456\n', '1\n']) splitter.push(Buffer.from(chunk))
    splitter.end()
    expect(told).toEqual(['12345', 'too long'])
  })
})

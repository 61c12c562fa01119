import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import { connectAppServer, type AppServer, type AppServerOptions } from '../../src/app-server/index.js'
import { temporaryFolder } from '../support/temporary-folder.js'

export type Message = Readonly<Record<string, unknown>>

/** What the server does with a call: its result, or `undefined` for no answer. */
export type Script = Readonly<Record<string, (params: Message, server: FakeServer) => unknown>>

/** An app server on a websocket, in the hands of the test. */
export interface FakeServer {
  readonly address: string
  /** What the host sent, and the headers it came with. */
  readonly received: Message[]
  readonly authorizations: (string | undefined)[]
  /** Says something to the host: text as it is, anything else as JSON. */
  readonly say: (message: unknown) => void
  /** Asks the host, and waits for its answer. */
  ask(method: string, params: Message): Promise<Message>
}

const hello = { userAgent: 'fake', codexHome: '/', platformFamily: 'unix', platformOs: 'linux' }

/** As the real server takes the tokens of a host (real-codex 13.4). */
const takeTokens: Script[string] = (_params, server) => {
  setImmediate(() => server.say({ method: 'account/login/completed', params: { loginId: null, success: true } }))
  return { type: 'chatgptAuthTokens' }
}

export async function startFakeServer(script: Script = {}): Promise<FakeServer> {
  const calls: Script = { initialize: () => hello, 'account/login/start': takeTokens, ...script }
  const listener = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(listener, 'listening')
  const received: Message[] = []
  const authorizations: (string | undefined)[] = []
  const answers = new Map<unknown, (answer: Message) => void>()
  let socket: WebSocket | undefined

  const server: FakeServer = {
    address: `ws://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    received,
    authorizations,
    say: (message) => socket?.send(typeof message === 'string' ? message : JSON.stringify(message)),
    ask(method, params) {
      const id = answers.size
      server.say({ id, method, params })
      return new Promise((resolve) => answers.set(id, resolve))
    },
  }
  listener.on('connection', (connection, request) => {
    socket = connection
    authorizations.push(request.headers.authorization)
    connection.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Message
      received.push(message)
      const { id, method, params = {} } = message as { id?: number; method?: string; params?: Message }
      if (method === undefined) return answers.get(id)?.(message)
      const result = calls[method]?.(params, server)
      if (result !== undefined) server.say({ id, result })
    })
  })
  onTestFinished(() => {
    for (const client of listener.clients) client.terminate()
    listener.close()
  })
  return server
}

/** Joins it, with an empty home for a configuration. */
export async function join(server: FakeServer, options: Partial<AppServerOptions> = {}): Promise<AppServer> {
  const connection = await connectAppServer({
    transport: { kind: 'websocket', address: server.address },
    client: { name: 'test', version: '1.0' },
    cwd: import.meta.dirname,
    environment: { CODEX_HOME: await temporaryFolder() },
    experimentalApi: true,
    ...options,
  })
  onTestFinished(() => connection.close())
  return connection
}

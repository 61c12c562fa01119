import { isJsonObject, parseJsonObject, type JsonObject, type Logger } from '../core/index.js'
import type { ExternalAuth } from '../core/external.js'
import { parseMessage } from './message.js'
import { createRefreshResponder, toLogin, type RefreshResponder } from './refresh-responder.js'
import { AnswerableError } from './rpc-peer.js'

/** Whose tokens a relayed server gets, and where lines go. */
export interface RelayOptions {
  readonly auth: ExternalAuth
  readonly toServer: (line: string) => void
  readonly toHost: (line: string) => void
  readonly logger: Logger
  /** Shorter than the server waits for a refresh, which is ten seconds; nine when not given. */
  readonly refreshPatienceMs?: number
}

/** Stands between a host and its `codex app-server`. Lines are relayed as they are, but for those that are about the tokens. */
export interface AppServerRelay {
  readonly fromHost: (line: string) => void
  readonly fromServer: (line: string) => void
}

/** No host counts like this. */
const ownRequestId = 'planpass-sign-in'
/** The first of those that a host may give a meaning (JSON-RPC 2.0 5.1). */
const handlerFailed = -32000
const refreshMethod = 'account/chatgptAuthTokens/refresh'

/**
 * Signs a server in that somebody else talks to (protocol 8.2, 8.3): once it has been greeted it is given our tokens, and its questions for others
 * are answered here. The host notices nothing but that somebody is signed in. What it asks meanwhile waits until the server has its tokens.
 */
export function relayAppServer(options: RelayOptions): AppServerRelay {
  const { toServer, toHost, logger, refreshPatienceMs = 9000 } = options
  const responder = createRefreshResponder({ auth: options.auth, logger, patienceMs: refreshPatienceMs })
  let waiting: string[] | undefined

  function goOn(): void {
    const lines = waiting ?? []
    waiting = undefined
    lines.forEach(toServer)
  }

  async function signIn(): Promise<void> {
    try {
      const { chatgpt, ...tokens } = await responder.first()
      const params = { ...toLogin(tokens, chatgpt) }
      toServer(JSON.stringify({ id: ownRequestId, method: 'account/login/start', params }))
    } catch (error) {
      logger.warn(`The app server was not signed in. ${error instanceof Error ? error.message : ''}`)
      goOn()
    }
  }

  return {
    fromHost(line) {
      const message = parseMessage(line)
      const method = 'method' in message ? message.method : undefined
      if (waiting) waiting.push(line)
      else toServer(method === 'initialize' ? withExperimentalApi(line) : line)
      if (method === 'initialized' && !waiting) {
        waiting = []
        void signIn()
      }
    },
    fromServer(line) {
      const message = parseMessage(line)
      if (message.kind === 'request' && message.method === refreshMethod) {
        void answer(responder, message.params).then((reply) => toServer(JSON.stringify({ id: message.id, ...reply })))
      } else if ('id' in message && message.id === ownRequestId) {
        if (message.kind === 'error') logger.warn(`The app server refused the sign-in: ${message.message}`)
        goOn()
      } else {
        toHost(line)
      }
    },
  }
}

async function answer(responder: RefreshResponder, params: Parameters<RefreshResponder['answer']>[0]) {
  try {
    return { result: await responder.answer(params) }
  } catch (error) {
    if (!(error instanceof AnswerableError)) throw error
    return { error: { code: handlerFailed, message: error.message } }
  }
}

/** The server takes tokens from a host only then (protocol 8.2). */
function withExperimentalApi(line: string): string {
  const message: JsonObject = parseJsonObject(line) ?? {}
  const params = isJsonObject(message['params']) ? message['params'] : {}
  const capabilities = isJsonObject(params['capabilities']) ? params['capabilities'] : {}
  return JSON.stringify({ ...message, params: { ...params, capabilities: { ...capabilities, experimentalApi: true } } })
}

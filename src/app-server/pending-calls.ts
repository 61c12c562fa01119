import { AuthError, type Clock, type JsonValue, type Logger } from '../core/index.js'
import type { IncomingMessage } from './message.js'
import { RpcRefusedError } from './rpc-refused-error.js'

/** How long a call waits. The protocol has no way to take a call back, so the server may still do it. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** In place of the connection's own. */
  readonly timeoutMs?: number
}

export type Answer = Extract<IncomingMessage, { kind: 'result' | 'error' | 'empty' }>

interface PendingCall {
  readonly method: string
  readonly resolve: (result: JsonValue) => void
  readonly reject: (error: unknown) => void
}

/** The calls that wait for an answer. */
export interface PendingCalls {
  start(method: string, options: CallOptions, send: (id: number) => void): Promise<JsonValue>
  /** An answer that nobody waits for, a second one among them, changes nothing. */
  settle(answer: Answer): void
  endAll(error: AuthError): void
}

export function createPendingCalls(options: {
  readonly requestTimeoutMs: number
  readonly clock: Clock
  readonly logger: Logger
}): PendingCalls {
  const { requestTimeoutMs, clock, logger } = options
  const waiting = new Map<number | string, PendingCall>()
  let lastId = 0

  async function start(method: string, call: CallOptions, send: (id: number) => void): Promise<JsonValue> {
    const { signal, timeoutMs = requestTimeoutMs } = call
    signal?.throwIfAborted()
    const id = ++lastId
    const done = new AbortController()
    const answered = new Promise<JsonValue>((resolve, reject) => {
      waiting.set(id, { method, resolve, reject })
      signal?.addEventListener('abort', () => reject(signal.reason), { signal: done.signal })
      const timeUp = () => reject(new AuthError('ERR_RPC_TIMEOUT', `${method} was not answered in ${timeoutMs} ms.`))
      void clock.sleep(timeoutMs, done.signal).then(timeUp, () => undefined)
    })
    try {
      send(id)
      return await answered
    } finally {
      waiting.delete(id)
      done.abort()
    }
  }

  return {
    start,
    settle(answer) {
      const call = waiting.get(answer.id)
      if (!call) return logger.debug('The server answered a call that nobody waits for.')
      waiting.delete(answer.id)
      if (answer.kind === 'result') call.resolve(answer.result)
      else call.reject(toFailure(call.method, answer))
    },
    endAll(error) {
      for (const { reject } of waiting.values()) reject(error)
      waiting.clear()
    },
  }
}

function toFailure(method: string, answer: Exclude<Answer, { kind: 'result' }>): AuthError {
  if (answer.kind === 'error') return new RpcRefusedError(method, answer.code, answer.message)
  return new AuthError('ERR_RPC_BAD_MESSAGE', `The answer to ${method} has neither a result nor an error.`)
}

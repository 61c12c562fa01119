import { toOneSafeLine, type AuthError, type Clock, type JsonValue, type Logger } from '../core/index.js'
import type { Channel, ChannelListener, OpenChannel } from './channel.js'
import { parseMessage, type IncomingMessage, type RequestId } from './message.js'
import { createNotificationQueue, type NotificationQueue } from './notification-queue.js'
import { createPendingCalls, type CallOptions } from './pending-calls.js'

/** What the server told us. */
export interface RawNotification {
  readonly method: string
  readonly params: JsonValue
}

/** Answers one request of the server; what it throws is answered in words that tell nothing. */
export type RequestHandler = (params: JsonValue) => Promise<unknown>

/** What a peer is made of. */
export interface RpcPeerOptions {
  readonly open: OpenChannel
  /** By method; a request of the server that nobody handles is refused by its name. */
  readonly handlers: ReadonlyMap<string, RequestHandler>
  readonly requestTimeoutMs: number
  /** How many notifications may wait for one reader. */
  readonly queueLimit: number
  readonly clock: Clock
  readonly logger: Logger
}

/** Both sides of the conversation: our calls, and the server's. */
export interface RpcPeer {
  /** @throws AuthError `ERR_RPC_*`; the reason of `options.signal` when it aborts */
  call(method: string, params: unknown, options?: CallOptions): Promise<JsonValue>
  notify(method: string): void
  /** From this call on. */
  notifications(isWanted: (notification: RawNotification) => boolean): NotificationQueue<RawNotification>
  /** The last ones from before the first call of this. */
  takeEarlyNotifications(): readonly RawNotification[]
  /** Why the conversation ended, once it has. */
  readonly ended: Promise<AuthError>
  readonly close: () => Promise<void>
}

/** A failure of a handler that the server may read: it holds no secret. */
export class AnswerableError extends Error {}

/** Before anybody takes them, this many are kept, and the oldest make room. */
const earlyLimit = 100

/** JSON-RPC's own: there is no such method (JSON-RPC 2.0 5.1). */
const methodNotFound = -32601
/** The first of those that a host may give a meaning (JSON-RPC 2.0 5.1). */
const handlerFailed = -32000

/** Opens the channel and speaks with whoever is at its other end. @throws AuthError of the channel */
export async function openRpcPeer(options: RpcPeerOptions): Promise<RpcPeer> {
  const { handlers, logger, queueLimit } = options
  const pending = createPendingCalls(options)
  const queues = new Map<NotificationQueue<RawNotification>, (notification: RawNotification) => boolean>()
  let early: RawNotification[] | undefined = []
  let channel: Channel | undefined
  let ending: AuthError | undefined
  let isClosing = false
  let tellEnded: (error: AuthError) => void = ignore
  const ended = new Promise<AuthError>((resolve) => {
    tellEnded = resolve
  })

  function publish(notification: RawNotification): void {
    if (early) early = [...early, notification].slice(-earlyLimit)
    for (const [queue, isWanted] of queues) if (isWanted(notification)) queue.push(notification)
  }

  async function answer(id: RequestId, method: string, params: JsonValue): Promise<void> {
    const handler = handlers.get(method)
    const toReply = (members: object) => JSON.stringify({ id, ...members })
    const unknown = refusal(methodNotFound, `method not found: ${method}`)
    channel?.send(handler ? await runHandler(handler, params, toReply) : toReply(unknown))
  }

  /** A result that cannot be written as JSON is a failure of the handler too. */
  async function runHandler(
    handler: RequestHandler,
    params: JsonValue,
    toReply: (members: object) => string,
  ): Promise<string> {
    try {
      return toReply({ result: (await handler(params)) ?? {} })
    } catch (error) {
      if (error instanceof AnswerableError) return toReply(refusal(handlerFailed, error.message))
      logger.warn(`A handler of a server request failed. ${toOneSafeLine(String(error))}`)
      return toReply(refusal(handlerFailed, 'The host could not answer.'))
    }
  }

  function receive(message: IncomingMessage): void {
    switch (message.kind) {
      case 'request':
        return void answer(message.id, message.method, message.params)
      case 'notification':
        return publish({ method: message.method, params: message.params })
      case 'malformed':
        return logger.warn('The server sent a line that is no message; it was skipped.')
      case 'result':
      case 'error':
      case 'empty':
        return pending.settle(message)
    }
  }

  const listener: ChannelListener = {
    message: (text) => receive(parseMessage(text)),
    closed(error) {
      ending = error
      pending.endAll(error)
      for (const queue of queues.keys()) queue.end(isClosing ? undefined : error)
      tellEnded(error)
    },
  }
  const opened = await options.open(listener)
  channel = opened

  return {
    async call(method, params, callOptions = {}) {
      if (ending) throw ending
      return pending.start(method, callOptions, (id) => opened.send(JSON.stringify({ id, method, params })))
    },
    notify: (method) => opened.send(JSON.stringify({ method })),
    notifications(isWanted) {
      const queue = createNotificationQueue<RawNotification>(queueLimit, () => queues.delete(queue))
      queues.set(queue, isWanted)
      if (ending) queue.end(isClosing ? undefined : ending)
      return queue
    },
    takeEarlyNotifications() {
      const taken = early ?? []
      early = undefined
      return taken
    },
    ended,
    async close() {
      isClosing = true
      await opened.close()
    },
  }
}

function ignore(): void {}

function refusal(code: number, message: string): object {
  return { error: { code, message } }
}

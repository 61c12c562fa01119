import type { Notifications } from './protocol/methods.js'
import type { NotificationQueue } from './notification-queue.js'
import type { RawNotification, RpcPeer } from './rpc-peer.js'

/** One of the notifications with the names `Method`. */
export type NotificationOf<Method extends keyof Notifications> = {
  readonly [Name in Method]: { readonly method: Name; readonly params: Notifications[Name] }
}[Method]

/** How long a reader listens. */
export interface ListenOptions {
  /** Ends the iteration with its reason. */
  readonly signal?: AbortSignal | undefined
}

/** The notifications with these names, from this call on. */
export function listen<Method extends keyof Notifications>(
  peer: RpcPeer,
  methods: readonly Method[],
  options: ListenOptions = {},
): NotificationQueue<NotificationOf<Method>> {
  const names: ReadonlySet<string> = new Set(methods)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the types are the pinned server's own, see tools/generate-app-server-types.mjs
  return endWith(
    peer.notifications(({ method }) => names.has(method)),
    options,
  ) as unknown as NotificationQueue<NotificationOf<Method>>
}

/** Notifications whatever their name, as they came; for the first reader also those from before. */
export function listenToAll(peer: RpcPeer, options: ListenOptions = {}): NotificationQueue<RawNotification> {
  const queue = peer.notifications(() => true)
  for (const notification of peer.takeEarlyNotifications()) queue.push(notification)
  return endWith(queue, options)
}

/** The queue, whose iteration also ends when the signal aborts. */
export function endWith<Item>(queue: NotificationQueue<Item>, { signal }: ListenOptions = {}): NotificationQueue<Item> {
  if (signal?.aborted === true) queue.end(signal.reason)
  const stop = () => queue.end(signal?.reason)
  const letGo = () => signal?.removeEventListener('abort', stop)
  signal?.addEventListener('abort', stop, { once: true })
  return {
    ...queue,
    end(error) {
      letGo()
      queue.end(error)
    },
    async *[Symbol.asyncIterator]() {
      try {
        yield* queue
      } finally {
        letGo()
      }
    },
  }
}

import { AuthError } from '../core/index.js'

/** What one reader has not read yet. */
export interface NotificationQueue<Item> extends AsyncIterable<Item> {
  push(item: Item): void
  /** What was queued is still read; then the iteration ends, or throws. */
  end(error?: unknown): void
}

/**
 * A bounded queue for one reader. Nobody else waits for a reader that is too slow: its own iteration ends with `ERR_RPC_OVERFLOW`, because
 * skipping would hide that something is missing, and holding the server up would hold up the answers too.
 *
 * @param onEnd Called once, when nothing more is wanted or can come.
 */
export function createNotificationQueue<Item>(limit: number, onEnd: () => void): NotificationQueue<Item> {
  const items: Item[] = []
  let ending: { readonly error?: unknown } | undefined
  let wake = ignore

  function end(error?: unknown): void {
    if (ending) return
    ending = error === undefined ? {} : { error }
    onEnd()
    wake()
  }

  async function* read(): AsyncGenerator<Item> {
    try {
      for (;;) {
        for (let item = items.shift(); item !== undefined; item = items.shift()) yield item
        if (ending) break
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if ('error' in ending) throw ending.error
    } finally {
      end()
    }
  }

  return {
    push(item) {
      if (ending) return
      if (items.length >= limit) return end(overflow(limit))
      items.push(item)
      wake()
    },
    end,
    [Symbol.asyncIterator]: read,
  }
}

function ignore(): void {}

function overflow(limit: number): AuthError {
  return new AuthError('ERR_RPC_OVERFLOW', `More than ${limit} notifications were waiting to be read.`)
}

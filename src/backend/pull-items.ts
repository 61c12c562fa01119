/** Where items come from, some of them at hand and the rest worth waiting for. */
export interface ItemSource<Item> {
  /** The next item that is at hand. */
  take(): Item | undefined
  /** Gets more. It is not called again before it is done. */
  fill(): Promise<void>
  /** Whether the last item was taken. */
  isOver(): boolean
  /** Lets go of everything; may be called more than once. */
  release(): void
}

/**
 * The items one by one, as an async generator would yield them. An item that is at hand costs a third of what it would cost there, and that is
 * most of what reading a fast stream costs.
 */
export function pullItems<Item>(source: ItemSource<Item>): AsyncGenerator<Item, void, undefined> {
  let isOver = false
  let filling: Promise<void> | undefined

  function finish(): IteratorReturnResult<undefined> {
    isOver = true
    source.release()
    return { done: true, value: undefined }
  }

  function takeOrFinish(): IteratorResult<Item, undefined> | undefined {
    if (isOver || source.isOver()) return finish()
    try {
      const value = source.take()
      return value === undefined ? undefined : { done: false, value }
    } catch (error) {
      finish()
      throw error
    }
  }

  /** Whoever asks while more is being got waits for the same, in turn. */
  async function fillAndTake(): Promise<IteratorResult<Item, undefined>> {
    for (;;) {
      try {
        await (filling ??= source.fill().finally(() => (filling = undefined)))
      } catch (error) {
        finish()
        throw error
      }
      const result = takeOrFinish()
      if (result) return result
    }
  }

  const items: PulledItems<Item> = {
    [takeAtHand]() {
      const result = filling ? undefined : takeOrFinish()
      return result?.done ? undefined : result?.value
    },
    next() {
      try {
        const result = filling ? undefined : takeOrFinish()
        return result ? Promise.resolve(result) : fillAndTake()
      } catch (error) {
        return Promise.reject(error)
      }
    },
    async return() {
      return finish()
    },
    async throw(error) {
      finish()
      throw error
    },
    [Symbol.asyncIterator]: () => items,
  }
  return items
}

const takeAtHand = Symbol('takeAtHand')

interface PulledItems<Item> extends AsyncGenerator<Item, void, undefined> {
  [takeAtHand](): Item | undefined
}

/** Visits each item. Of pulled ones, all that are at hand are visited at once, since nobody else has to have a turn in between. */
export async function visitItems<Item>(items: AsyncIterable<Item>, visit: (item: Item) => void): Promise<void> {
  for await (const first of items) {
    for (
      let item: Item | undefined = first;
      item !== undefined;
      item = isPulled(items) ? items[takeAtHand]() : undefined
    )
      visit(item)
  }
}

function isPulled<Item>(items: AsyncIterable<Item>): items is PulledItems<Item> {
  return takeAtHand in items
}

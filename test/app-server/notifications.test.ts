import { describe, expect, it } from 'vitest'
import { endWith } from '../../src/app-server/notifications.js'
import { createNotificationQueue } from '../../src/app-server/notification-queue.js'

/** How many listeners a signal has; platforms do not tell. */
function countedSignal() {
  const { signal } = new AbortController()
  let count = 0
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    count += 1
    add(...args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    count -= 1
    remove(...args)
  }
  return { signal, listeners: () => count }
}

describe('a queue that ends with a signal', () => {
  it('lets go of the signal when it has ended by itself, though nobody has read it', () => {
    const { signal, listeners } = countedSignal()
    const queue = endWith(
      createNotificationQueue<number>(1, () => undefined),
      { signal },
    )
    expect(listeners()).toBe(1)
    queue.end()
    expect(listeners()).toBe(0)
  })

  it('and when its reader has left', async () => {
    const { signal, listeners } = countedSignal()
    const queue = endWith(
      createNotificationQueue<number>(1, () => undefined),
      { signal },
    )
    queue.push(7)
    for await (const one of queue) {
      expect(one).toBe(7)
      break
    }
    expect(listeners()).toBe(0)
  })
})

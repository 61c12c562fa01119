import { describe, expect, it } from 'vitest'
import { coalesce } from '../../src/console/page/coalesce.js'

/** A task and its pause, each of which ends when the test says so. */
function controlled() {
  const begun: string[] = []
  const ends: (() => void)[] = []
  const step = (name: string) => () => {
    begun.push(name)
    return new Promise<void>((resolve) => void ends.push(resolve))
  }
  const end = async () => {
    ends.shift()?.()
    await new Promise(setImmediate)
  }
  return { ask: coalesce(step('task'), step('pause')), begun, end }
}

describe('a task that is coalesced', () => {
  it('is done at once, and after a pause once more for all that asked meanwhile', async () => {
    const { ask, begun, end } = controlled()
    ask()
    expect(begun).toEqual(['task'])
    ask()
    await end()
    ask()
    await end()
    expect(begun).toEqual(['task', 'pause', 'task'])
    await end()
    await end()
    expect(begun).toEqual(['task', 'pause', 'task', 'pause'])
  })

  it('is done at once again when it has come to rest', async () => {
    const { ask, begun, end } = controlled()
    ask()
    await end()
    await end()
    ask()
    expect(begun).toEqual(['task', 'pause', 'task'])
  })
})

import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../../src/testing/index.js'

describe('createFakeClock', () => {
  it('stands still until it is moved', async () => {
    const clock = createFakeClock(1000)
    expect(clock.now()).toBe(1000)
    await clock.advance(500)
    expect(clock.now()).toBe(1500)
  })

  it('wakes sleepers in the order of their moments, each at its own', async () => {
    const clock = createFakeClock(0)
    const woken: string[] = []
    const sleep = async (name: string, milliseconds: number) => {
      await clock.sleep(milliseconds)
      woken.push(`${name} at ${clock.now()}`)
    }
    const all = [sleep('late', 30), sleep('early', 10), sleep('also early', 10)]
    await clock.advance(30)
    await Promise.all(all)
    expect(woken).toEqual(['early at 10', 'also early at 10', 'late at 30'])
  })

  it('wakes a sleeper that sleeps again within the span', async () => {
    const clock = createFakeClock(0)
    const beats: number[] = []
    const heart = (async () => {
      for (let beat = 0; beat < 3; beat += 1) {
        await clock.sleep(100)
        beats.push(clock.now())
      }
    })()
    await clock.advance(300)
    await heart
    expect(beats).toEqual([100, 200, 300])
  })

  it('leaves a sleeper asleep whose moment has not come', async () => {
    const clock = createFakeClock(0)
    const stop = new AbortController()
    const nap = clock.sleep(100, stop.signal)
    await clock.advance(99)
    expect(clock.sleeping).toBe(1)
    stop.abort(new Error('enough'))
    await expect(nap).rejects.toThrow('enough')
    expect(clock.sleeping).toBe(0)
  })

  it('refuses to sleep under a signal that is aborted already', async () => {
    const clock = createFakeClock(0)
    await expect(clock.sleep(1, AbortSignal.abort(new Error('no')))).rejects.toThrow('no')
    expect(clock.sleeping).toBe(0)
  })
})

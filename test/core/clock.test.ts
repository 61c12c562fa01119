import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/index.js'
import { caught } from '../support/caught.js'

describe("the machine's clock", () => {
  it.each([2 ** 31, Number.POSITIVE_INFINITY])('does not wake at once from a sleep of %i ms', async (milliseconds) => {
    const controller = new AbortController()
    let isAwake = false
    const sleep = systemClock.sleep(milliseconds, controller.signal).then(() => (isAwake = true))
    for (let turn = 0; turn < 20; turn += 1) await setImmediate()
    expect(isAwake).toBe(false)
    controller.abort()
    expect(await caught(sleep)).toBe(controller.signal.reason)
  })
})

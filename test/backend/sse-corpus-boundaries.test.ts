import { describe, expect, it } from 'vitest'
import { collectResponse, readResponseEvents } from '../../src/backend/index.js'
import { caughtAuthError } from '../support/caught.js'
import { toArray } from '../support/to-array.js'
import { answers, bytewise, failures, responseOf } from './sse-corpus.js'

/** Equal events are an equal answer, and far cheaper to compare for every byte. */
describe('a stream that is cut in two', () => {
  it.each(answers)('at any byte is the same stream: $name', async ({ bytes }) => {
    const whole = JSON.stringify(await toArray(readResponseEvents(responseOf(bytes))))
    const differing: number[] = []
    for (let at = 1; at < bytes.length; at += 1) {
      const events = await toArray(readResponseEvents(responseOf(bytes.subarray(0, at), bytes.subarray(at))))
      if (JSON.stringify(events) !== whole) differing.push(at)
    }
    expect(differing).toEqual([])
    expect(JSON.stringify(await toArray(readResponseEvents(responseOf(...bytewise(bytes)))))).toBe(whole)
  })

  it.each(failures)('at any byte fails in the same way: $name', async ({ bytes, expected }) => {
    const differing: string[] = []
    for (let at = 1; at < bytes.length; at += 1) {
      const reading = collectResponse(readResponseEvents(responseOf(bytes.subarray(0, at), bytes.subarray(at))))
      const { code } = await caughtAuthError(reading)
      if (code !== expected.error) differing.push(`${code} at byte ${at}`)
    }
    expect(differing).toEqual([])
  })

  it.each(answers)('and whose second half never comes is never taken for a whole answer: $name', async ({ bytes }) => {
    const text = new TextDecoder().decode(bytes)
    const lastEventAt = new TextEncoder().encode(
      text.slice(0, text.search(/^[^\n\r]*response\.(completed|incomplete)/m)),
    ).length
    for (let at = 1; at < lastEventAt; at += 7) {
      const { code } = await caughtAuthError(collectResponse(readResponseEvents(responseOf(bytes.subarray(0, at)))))
      expect(code).toBe('ERR_UPSTREAM_STREAM_CUT')
    }
  })
})

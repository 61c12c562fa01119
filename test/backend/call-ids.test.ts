import { describe, expect, it } from 'vitest'
import { shortenCallIds } from '../../src/backend/call-ids.js'

const shorten = (...ids: string[]) => shortenCallIds(ids.map((id) => ({ call_id: id })))

describe('call ids', () => {
  it('of up to 64 characters stay as they are', async () => {
    expect(await shorten('', 'call_1', 'x'.repeat(64))).toEqual(new Map())
  })

  it.each([65, 69, 500])('of %i characters become short ones that the backend takes', async (length) => {
    const [short] = (await shorten('x'.repeat(length))).values()
    expect(short).toMatch(/^call_[\da-f]{48}$/)
  })

  it('become the same every time, and different ones however alike they begin', async () => {
    const ids = ['x'.repeat(70), `${'x'.repeat(70)}y`, 'é'.repeat(70), '🦊'.repeat(40)]
    const once = await shorten(...ids)
    expect(await shorten(...ids.toReversed())).toEqual(new Map([...once].toReversed()))
    expect(new Set(once.values()).size).toBe(ids.length)
  })

  it('that are already short are not shortened again', async () => {
    const once = [...(await shorten('x'.repeat(500))).values()]
    expect(await shorten(...once)).toEqual(new Map())
  })
})

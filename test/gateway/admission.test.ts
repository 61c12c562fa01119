import { describe, expect, it } from 'vitest'
import { createAdmission } from '../../src/gateway/admission.js'
import { createFakeClock } from '../../src/testing/index.js'
import { caught } from '../support/caught.js'

const { signal } = new AbortController()

function admissionOf(limits: { maximumRunning?: number; maximumWaiting?: number } = {}) {
  const clock = createFakeClock()
  const admission = createAdmission({ maximumRunning: 4, maximumWaiting: 8, patienceMs: 1000, ...limits }, clock)
  const order: string[] = []
  const leaves = new Map<string, () => void>()
  /** Asks under a name, whose first letter is the client. */
  const enter = async (name: string) => {
    const leave = await admission.enter(name.charAt(0), { hasLeft: signal.aborted, signal })
    order.push(name)
    leaves.set(name, leave)
  }
  return { admission, clock, order, enter, leave: (name: string) => leaves.get(name)?.() }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
}

describe('the admission to a gateway', () => {
  it('leaves a place for others, however much one client asks for', async () => {
    const { admission, order, enter } = admissionOf()
    for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) void enter(name)
    await settle()
    expect(order).toEqual(['a1', 'a2', 'a3'])
    await enter('b1')
    expect(order).toContain('b1')
    expect({ running: admission.running, waiting: admission.waiting }).toEqual({ running: 4, waiting: 2 })
  })

  it('takes turns between clients, not between requests', async () => {
    const { order, enter, leave } = admissionOf()
    for (const name of ['a1', 'a2', 'a3', 'b1', 'a4', 'a5', 'a6', 'c1', 'b2']) void enter(name)
    await settle()
    expect(order).toEqual(['a1', 'a2', 'a3', 'b1'])
    for (const name of ['a1', 'a2', 'a3']) {
      leave(name)
      await settle()
    }
    expect(order.slice(4)).toEqual(['c1', 'a4', 'b2'])
  })

  it('sends away those who are too many, or who have waited too long, and says when to come again', async () => {
    const { admission, clock, enter } = admissionOf({ maximumRunning: 1, maximumWaiting: 4 })
    await enter('a1')
    const waiting = ['a2', 'a3', 'a4'].map((name) => caught(enter(name)))
    expect(await caught(enter('a5'))).toMatchObject({ status: 503, headers: { 'retry-after': '2' } })
    const other = caught(enter('b1'))
    expect(await caught(enter('c1'))).toMatchObject({ status: 503, code: 'gateway_busy' })
    await clock.advance(1000)
    for (const refused of await Promise.all([...waiting, other])) expect(refused).toMatchObject({ status: 503 })
    expect(admission.waiting).toBe(0)
  })

  it('forgets whoever leaves while they wait', async () => {
    const { admission, enter } = admissionOf({ maximumRunning: 1 })
    await enter('a1')
    const gone = new AbortController()
    const waiting = caught(admission.enter('b', { hasLeft: false, signal: gone.signal }))
    gone.abort()
    expect(await waiting).toBe(gone.signal.reason)
    expect({ running: admission.running, waiting: admission.waiting }).toEqual({ running: 1, waiting: 0 })
  })
})

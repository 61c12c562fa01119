import { expect, it } from 'vitest'
import { retrySharing } from '../../src/stores/retry-sharing.js'
import { caught } from '../support/caught.js'
import { createHurryingClock } from '../support/hurrying-clock.js'

/** Fails so many times as Windows does while somebody has the file open, then succeeds. */
function failing(times: number, code = 'EPERM') {
  const work = {
    calls: 0,
    run: async () => {
      work.calls += 1
      if (work.calls <= times) throw Object.assign(new Error(code), { code })
      return 'done'
    },
  }
  return work
}

it.each(['EPERM', 'EACCES', 'EBUSY'])('tries again while Windows says %s', async (code) => {
  const work = failing(5, code)
  expect(await retrySharing(work.run, { platform: 'win32', clock: createHurryingClock() })).toBe('done')
  expect(work.calls).toBe(6)
})

it('gives up after a second and a half', async () => {
  const work = failing(Infinity)
  const clock = createHurryingClock(0)
  expect(await caught(retrySharing(work.run, { platform: 'win32', clock }))).toMatchObject({ code: 'EPERM' })
  expect(clock.now()).toBe(1500)
})

it.each([
  ['another error', 'win32', 'ENOSPC'],
  ['another system', 'linux', 'EPERM'],
] as const)('does not wait for %s to pass', async (_, platform, code) => {
  const work = failing(1, code)
  expect(await caught(retrySharing(work.run, { platform, clock: createHurryingClock() }))).toMatchObject({ code })
  expect(work.calls).toBe(1)
})

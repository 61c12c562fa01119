import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isExpired, systemClock, type Clock } from '../../src/core/index.js'
import { createFileHostId } from '../../src/node/index.js'
import { readStored, signInTo, startStrictIssuer } from '../processes/signed-in-profile.js'
import { startWorker } from '../processes/workers.js'
import { caughtAuthError } from '../support/caught.js'
import { temporaryFolder } from '../support/temporary-folder.js'

/** A clock that can be behind the machine's. */
function createLateClock() {
  let behindMs = 2 * 60 * 60 * 1000
  const clock: Clock = { ...systemClock, now: () => systemClock.now() - behindMs }
  return {
    clock,
    catchUp: () => {
      behindMs = 0
    },
  }
}

describe('two processes with one sign-in', () => {
  it('share one refresh', async () => {
    const { clock, catchUp } = createLateClock()
    const issuer = await startStrictIssuer('siwc', clock)
    const profile = await signInTo(issuer)
    catchUp()
    expect(isExpired(readStored(await readFile(profile.path, 'utf8')), systemClock.now())).toBe(true)
    const workers = await Promise.all([startWorker(profile), startWorker(profile)])
    const [one, two] = await Promise.all(workers.map((worker) => worker.use()))
    expect(one).toMatchObject({ status: 200 })
    expect(one).toEqual(two)
    expect(issuer.emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0 })
  })

  it('have one id of the machine, however many ask for it first', async () => {
    const folder = await temporaryFolder()
    const ids = await Promise.all(Array.from({ length: 8 }, () => createFileHostId(folder)()))
    expect(new Set(ids).size).toBe(1)
    expect(await readFile(join(folder, '.host-id'), 'utf8')).toBe(ids[0])
    expect(await readdir(folder)).toContain('.host-id')
  })

  it('are told which file it is that holds none', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, '.host-id'), '')
    const { message } = await caughtAuthError(createFileHostId(folder)())
    expect(message).toContain(`${join(folder, '.host-id')} holds no id of this machine. Correct it, or remove it`)
  })
})

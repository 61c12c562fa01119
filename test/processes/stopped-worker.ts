import { readFile } from 'node:fs/promises'
import { expect, vi } from 'vitest'
import { signInTo, type Issuer } from './signed-in-profile.js'
import { describeOutcome, startWorker, type Worker, type WorkerProfile } from './workers.js'

export type StoreOptions = NonNullable<WorkerProfile['storeOptions']>

/** The steps of a refresh, in order, as an undisturbed process takes them. */
export async function listSteps(issuer: Issuer, storeOptions: StoreOptions): Promise<readonly string[]> {
  const profile = { ...(await signInTo(issuer)), storeOptions }
  const worker = await startWorker(profile, { point: { step: 0, signal: 'SIGSTOP' } })
  expect(describeOutcome(await worker.refresh())).toBe('refreshed')
  await worker.stop()
  return worker.steps
}

/** Until the process stands still (proc(5), `/proc/pid/stat`, state T). */
async function untilStopped({ child }: Worker): Promise<void> {
  await vi.waitFor(async () => expect(await readFile(`/proc/${child.pid}/stat`, 'utf8')).toMatch(/\) T /), {
    timeout: 20_000,
    interval: 10,
  })
}

/** Somebody's laptop is closed, somebody's container is paused: in the middle of a refresh, and then it goes on. */
export async function stopAt(number: number, issuer: Issuer, storeOptions: StoreOptions) {
  const profile = { ...(await signInTo(issuer)), storeOptions }
  const [sleeper, other] = await Promise.all([
    startWorker(profile, { point: { step: number, signal: 'SIGSTOP' } }),
    startWorker(profile),
  ])
  const sleeping = sleeper.refresh()
  await untilStopped(sleeper)
  return {
    profile,
    sleeper,
    other,
    wakeUp: () => {
      sleeper.child.kill('SIGCONT')
      return sleeping
    },
  }
}

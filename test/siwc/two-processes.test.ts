import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isExpired, systemClock, type Clock } from '../../src/core/index.js'
import { createFileHostId, createFileRegistrations } from '../../src/node/index.js'
import { createSiwcProvider } from '../../src/siwc/index.js'
import { createFileStore } from '../../src/stores/file.js'
import { createEmulator } from '../../src/testing/index.js'
import { signingKey } from '../support/signing-key.js'
import { signInAs } from './siwc-lab.js'

/** A profile on disk whose access token ended an hour ago, and the emulator that it belongs to. */
async function connectedProfile() {
  const folder = await mkdtemp(join(tmpdir(), 'planpass-siwc-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  let behindMs = 2 * 60 * 60 * 1000
  const clock: Clock = { ...systemClock, now: () => systemClock.now() - behindMs }
  const emulator = createEmulator({ clock, autoApprove: true, advertises: 'siwc', signingKey })
  const listener = await emulator.listen()
  onTestFinished(() => listener.close())
  const { issuer, apiUrl } = listener
  const registrations = createFileRegistrations(folder)
  const hostId = createFileHostId(folder)
  const provider = createSiwcProvider({ appName: 'Quill', registrations, hostId, issuer, apiUrl })
  const store = createFileStore(join(folder, 'auth.json'))
  const visit = async (url: URL) =>
    new URL((await fetch(url, { redirect: 'manual' })).headers.get('location') ?? 'none:')
  const credential = await signInAs(provider, { fetch, store, clock, visit })
  behindMs = 0
  return { folder, emulator, issuer, apiUrl, credential }
}

async function startWorker(open: object): Promise<ChildProcess> {
  const child = fork(new URL('worker.mjs', import.meta.url))
  onTestFinished(async () => {
    if (child.exitCode !== null) return
    child.disconnect()
    await once(child, 'exit')
  })
  child.send({ open })
  await once(child, 'message')
  return child
}

async function use(child: ChildProcess): Promise<unknown> {
  child.send({ use: true })
  const [message] = await once(child, 'message')
  return message
}

describe('two processes with one sign-in', () => {
  it('share one refresh', async () => {
    const { folder, emulator, issuer, apiUrl, credential } = await connectedProfile()
    const workers = await Promise.all([
      startWorker({ folder, issuer, apiUrl }),
      startWorker({ folder, issuer, apiUrl }),
    ])
    expect(isExpired(credential, systemClock.now())).toBe(true)
    emulator.clearLog()
    const [one, two] = await Promise.all(workers.map(use))
    expect(one).toEqual(two)
    expect(emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0 })
  })

  it('have one id of the machine, however many ask for it first', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'planpass-host-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const ids = await Promise.all(Array.from({ length: 8 }, () => createFileHostId(folder)()))
    expect(new Set(ids).size).toBe(1)
    expect(await readFile(join(folder, '.host-id'), 'utf8')).toBe(ids[0])
    expect(await readdir(folder)).toContain('.host-id')
  })
})

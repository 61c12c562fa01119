import { randomUUID } from 'node:crypto'
import { open, readdir, readFile, readlink, stat, unlink, type FileHandle } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Clock } from '../core/index.js'
import { ignoreMissing, systemCode } from './file-errors.js'
import { giveToOwnerOf } from './file-owner.js'
import { lockLost, type HeldLock, type LockAttempt } from './held-lock.js'

export interface LeaseOptions {
  /** How long a lease may show no sign of life before it is taken over, in milliseconds. */
  readonly leaseMs: number
  /** How often its holder shows one. */
  readonly heartbeatMs: number
  readonly clock: Clock
}

/** A lease as its file shows it. Its number is the fencing token: each holder has a greater one than all before. */
interface Lease {
  readonly generation: number
  readonly text: string
}

const released = 'released\n'

/** So many generations stay behind, for a waiter that has listed them and is about to create the next one. */
const keptGenerations = 2

/**
 * A lock for file systems without locks: `<target>.planpass-lease.<generation>`, created exclusively. The greatest generation holds the lock;
 * taking it over is creating the next one, which one process can do, so that nothing that might be somebody's is ever removed. A waiter
 * judges a lease dead by its own watch alone: the heartbeat in it did not change for `leaseMs`. No two clocks are compared.
 *
 * A holder that slept too long finds a greater generation when it looks before its last step; and that step, the rename of a temporary file,
 * fails even when it does not look, because whoever took over has settled that file before reading (`settleOrphans`).
 *
 * @returns attempts that share what they have watched; use one for each time of waiting
 */
export function createLease(target: string, options: LeaseOptions): LockAttempt {
  let watched: (Lease & { readonly sinceMs: number }) | undefined

  function isDead(lease: Lease): boolean {
    if (lease.text === released) return true
    if (watched?.generation !== lease.generation || watched.text !== lease.text) {
      watched = { ...lease, sinceMs: options.clock.now() }
    }
    return options.clock.now() - watched.sinceMs >= options.leaseMs
  }

  return async () => {
    const greatest = await readGreatest(target)
    if (greatest && !isDead(greatest)) return undefined
    return takeOver(target, (greatest?.generation ?? 0) + 1, options)
  }
}

async function takeOver(target: string, generation: number, options: LeaseOptions): Promise<HeldLock | undefined> {
  const path = leasePath(target, generation)
  const file = await createExclusively(path)
  if (!file) return undefined
  try {
    const heart = await createHeart(file)
    const generations = await listGenerations(target)
    // We were so slow that the generation we created had come and gone before.
    if (Math.max(...generations) > generation) return await withdraw(file, path)
    for (const old of generations.filter((other) => other <= generation - keptGenerations)) {
      await removeIfThere(leasePath(target, old))
    }
    return hold(target, generation, file, heart, options)
  } catch (error) {
    await withdraw(file, path)
    throw error
  }
}

async function withdraw(file: FileHandle, path: string): Promise<undefined> {
  await file.close()
  await removeIfThere(path)
}

/** True when somebody shares the file by lease, or has. */
export async function hasLease(target: string): Promise<boolean> {
  return (await listGenerations(target)).length > 0
}

function hold(
  target: string,
  generation: number,
  file: FileHandle,
  heart: Heart,
  { heartbeatMs, clock }: LeaseOptions,
): HeldLock {
  const stopping = new AbortController()
  const beating = beatUntil(stopping.signal, heart, heartbeatMs, clock)
  return {
    kind: 'lease',
    assertHeld: async () => {
      const isGreatest = (await listGenerations(target)).every((other) => other <= generation)
      if (!isGreatest || !(await isSameFile(file, leasePath(target, generation)))) {
        throw lockLost(leasePath(target, generation))
      }
    },
    release: async () => {
      stopping.abort()
      await beating
      await heart.end().catch(() => undefined)
      await file.close()
    },
  }
}

interface Heart {
  beat(): Promise<void>
  end(): Promise<void>
}

async function createHeart(file: FileHandle): Promise<Heart> {
  const owner = await describeOwner()
  let beats = 0
  const heart = {
    beat: async () => {
      beats += 1
      await write(file, `${owner} ${beats}\n`)
    },
    end: () => write(file, released),
  }
  await heart.beat()
  return heart
}

/** A beat that cannot be written is no failure of the holder's work; whether it still holds the lock is asked before it matters. */
async function beatUntil(signal: AbortSignal, heart: Heart, heartbeatMs: number, clock: Clock): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(heartbeatMs, signal).catch(() => undefined)
    if (!signal.aborted) await heart.beat().catch(() => undefined)
  }
}

/** Synced, so that the other machines of a network file system see it. */
async function write(file: FileHandle, text: string): Promise<void> {
  await file.write(text, 0)
  await file.truncate(Buffer.byteLength(text))
  await file.datasync()
}

/** For people, and unique: host, boot, pid namespace, pid and a random part. */
async function describeOwner(): Promise<string> {
  const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '-')
  const pidNamespace = await readlink('/proc/self/ns/pid').catch(() => '-')
  return [hostname(), bootId.trim(), pidNamespace, process.pid, randomUUID()].join(' ')
}

async function readGreatest(target: string): Promise<Lease | undefined> {
  const generation = Math.max(0, ...(await listGenerations(target)))
  if (generation === 0) return undefined
  const text = await readFile(leasePath(target, generation), 'utf8').catch(ignoreMissing)
  return { generation, text: text ?? '' }
}

async function listGenerations(target: string): Promise<number[]> {
  const prefix = basename(leasePath(target, 0)).slice(0, -1)
  const names = await readdir(dirname(target))
  return names
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)))
    .filter((generation) => Number.isSafeInteger(generation) && generation > 0)
}

function leasePath(target: string, generation: number): string {
  return join(dirname(target), `${basename(target)}.planpass-lease.${generation}`)
}

async function createExclusively(path: string): Promise<FileHandle | undefined> {
  try {
    const file = await open(path, 'wx', 0o600)
    await giveToOwnerOf(dirname(path), file)
    return file
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return undefined
    throw error
  }
}

async function isSameFile(file: FileHandle, path: string): Promise<boolean> {
  const there = await stat(path, { bigint: true }).catch(ignoreMissing)
  return there?.ino === (await file.stat({ bigint: true })).ino
}

async function removeIfThere(path: string): Promise<void> {
  await unlink(path).catch(ignoreMissing)
}

import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AuthError, parseJsonObject, readNumber, readString, Secret, type Clock } from '../../core/index.js'
import { replaceFile } from '../../stores/index.js'
import { readProcessStart } from './process-start.js'

/** A gateway that runs, as it notes itself for whoever asks after it. */
export interface Instance {
  readonly pid: number
  /** With the id, it is this process and no other. */
  readonly processStart: string
  /** What clients are told. */
  readonly origin: string
  /** Where this machine reaches it. */
  readonly localOrigin: string
  /** The certificate it shows, PEM, where it speaks TLS. */
  readonly certificate?: string | undefined
  readonly startedAtMs: number
  /** Whoever may read the note may ask for a link to the console. */
  readonly controlKey: Secret
}

/** Notes this process, as long as it runs. @returns what takes the note away */
export async function noteInstance(
  folder: string,
  { controlKey, ...facts }: Omit<Instance, 'pid' | 'processStart'>,
): Promise<() => Promise<void>> {
  const path = fileOf(folder, process.pid)
  const processStart = (await readProcessStart(process.pid)) ?? ''
  const note = { pid: process.pid, processStart, ...facts, controlKey: controlKey.reveal() }
  await replaceFile(path, JSON.stringify(note))
  return () => rm(path, { force: true })
}

/** The gateways that run. What the note of one that was killed says is not believed, and swept away. */
export async function readInstances(folder: string): Promise<Instance[]> {
  const files = await readdir(folder).catch(() => [])
  const notes = files.filter((file) => /^serve-\d+\.json$/.test(file)).map((file) => join(folder, file))
  const found = await Promise.all(notes.map(readInstance))
  return found
    .filter((instance) => instance !== undefined)
    .toSorted((one, other) => one.startedAtMs - other.startedAtMs)
}

/**
 * Asks the process to stop, after a look that it is still the one; waits until it has.
 *
 * @throws AuthError `ERR_CONFIG_LISTEN` when it does not stop
 */
export async function stopInstance(instance: Instance, clock: Clock, signal: AbortSignal): Promise<void> {
  if (!(await isAlive(instance))) return
  process.kill(instance.pid, 'SIGTERM')
  const endMs = clock.now() + stopPatienceMs
  while (await isAlive(instance)) {
    if (clock.now() > endMs) {
      throw new AuthError('ERR_CONFIG_LISTEN', `The gateway (process ${instance.pid}) has not stopped.`, {
        advice: 'It may still be answering; look again in a moment.',
      })
    }
    await clock.sleep(50, signal)
  }
}

/** Longer than a gateway lets its requests go on. */
const stopPatienceMs = 40_000

function fileOf(folder: string, pid: number): string {
  return join(folder, `serve-${pid}.json`)
}

async function isAlive({ pid, processStart }: Instance): Promise<boolean> {
  return (await readProcessStart(pid)) === processStart
}

async function readInstance(path: string): Promise<Instance | undefined> {
  const instance = parseInstance(await readFile(path, 'utf8').catch(() => ''))
  if (instance && (await isAlive(instance))) return instance
  await rm(path, { force: true })
  return undefined
}

function parseInstance(text: string): Instance | undefined {
  const note = parseJsonObject(text)
  const pid = readNumber(note, 'pid')
  const origin = readString(note, 'origin')
  const controlKey = readString(note, 'controlKey')
  if (pid === undefined || pid <= 0 || origin === undefined || controlKey === undefined) return undefined
  const processStart = readString(note, 'processStart') ?? ''
  return {
    pid,
    processStart,
    origin,
    localOrigin: readString(note, 'localOrigin') ?? origin,
    certificate: readString(note, 'certificate'),
    startedAtMs: readNumber(note, 'startedAtMs') ?? 0,
    controlKey: new Secret(controlKey),
  }
}

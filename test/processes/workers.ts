import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const here = import.meta.dirname

export interface WorkerProfile {
  readonly provider: 'codex' | 'siwc'
  readonly path: string
  readonly issuer: string
  readonly backendUrl: string
  readonly storeOptions?: { lock?: 'auto' | 'kernel' | 'lease'; leaseMs?: number; lockWaitMs?: number }
  /** How likely it dies each time it holds the lock. */
  readonly deathRate?: number
}

export interface PointOptions {
  /** The step before which the worker sends itself the signal: its place in the order, or its name when it comes for the first time; 0: none. */
  readonly step: number | string
  readonly signal: 'SIGKILL' | 'SIGSTOP'
}

/** What came of a piece of work: a token's digest, or the code of what was thrown; `undefined` when the worker died over it. */
export type Outcome = { status?: number; token: string } | { code: string; cause?: string } | undefined

export interface Worker {
  readonly child: ChildProcess
  /** The steps it took so far, when it was started with `point`. */
  readonly steps: readonly string[]
  /** Asks the backend for something that costs nothing, with the profile's token. */
  use(): Promise<Outcome>
  refresh(): Promise<Outcome>
  /** Goes on with another profile. */
  open(profile: WorkerProfile): Promise<void>
  readonly ended: Promise<unknown>
  stop(): Promise<void>
}

export interface StartOptions {
  readonly point?: PointOptions
  /** Whose process it is; needs root. */
  readonly uid?: number
  /** A program with its arguments that runs the one named after them, e.g. in a namespace of its own. */
  readonly launcher?: readonly [string, ...string[]]
}

/** Starts a worker over the profile. It is dead when the test is over. */
export async function startWorker(profile: WorkerProfile, options: StartOptions = {}): Promise<Worker> {
  requireBuilt()
  const { point, uid, launcher } = options
  const [execPath, ...launcherArguments] = [...(launcher ?? []), process.execPath] as [string, ...string[]]
  const child = fork(join(here, 'worker.mjs'), {
    env: point ? { POINT_STEP: String(point.step), POINT_SIGNAL: point.signal } : {},
    execPath,
    execArgv: [...launcherArguments, ...(point ? ['--import', join(here, 'points.mjs')] : [])],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    ...(uid !== undefined && { uid, gid: uid }),
  })
  const ended = once(child, 'exit')
  onTestFinished(() => void child.kill('SIGKILL'))
  let printed = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (printed += text))

  async function ask(message: object): Promise<unknown> {
    if (!child.connected) return undefined
    const answered = once(child, 'message')
    child.send(message, () => undefined)
    const [answer] = (await Promise.race([answered, ended.then(() => [undefined])])) as [unknown]
    return answer
  }

  const outcomeOf = async (message: object) => ((await ask(message)) as { outcome: Outcome } | undefined)?.outcome
  const open = async (opened: WorkerProfile) => void (await ask({ open: opened }))
  await open(profile)
  return {
    child,
    ended,
    get steps() {
      return printed.split('\n').filter((line) => line !== '')
    },
    use: () => outcomeOf({ use: true }),
    refresh: () => outcomeOf({ refresh: true }),
    open,
    stop: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

function requireBuilt(): void {
  const built = join(here, '../../dist/stores/file.js')
  if (!existsSync(built)) throw new Error(`There is no ${built}. Run \`npm run build\` first.`)
}

/** In one word: `refreshed`, a code, with the cause's when there is one, or `died`. */
export function describeOutcome(outcome: Outcome): string {
  if (!outcome) return 'died'
  if ('token' in outcome) return 'refreshed'
  return outcome.cause === undefined ? outcome.code : `${outcome.code} (${outcome.cause})`
}

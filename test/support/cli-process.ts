import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createTranscript } from './transcript.js'

const packageFolder = join(import.meta.dirname, '../..')

export interface CliResult {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command line that runs, in a process of its own or in this one. */
export interface RunningCli {
  readonly finished: Promise<CliResult>
  /** What is printed so far. */
  readonly printed: { readonly stdout: string; readonly stderr: string }
  /** The first match in what was printed so far or will be; rejects when the program ends without it. */
  readonly waitForOutput: (pattern: RegExp) => Promise<RegExpExecArray>
  /** Ctrl-C. */
  readonly interrupt: () => void
}

export interface CliProcess extends RunningCli {
  /** Once the system has taken all of `stdin`: when that is more than a pipe holds, the process is reading. */
  readonly tookStdin: Promise<void>
  stop(signal: 'SIGTERM' | 'SIGKILL'): void
}

export interface CliProcessOptions {
  /** The whole environment: nothing of this process's own reaches the child. */
  readonly environment?: Readonly<Record<string, string>>
  /** Piped in; an empty input when not given. */
  readonly stdin?: string
  /** The input never ends. */
  readonly holdsStdinOpen?: boolean
  readonly timeoutMs?: number
}

/** The command as it is shipped. @throws Error that names the build command when it is not there */
export function builtCli(): string {
  const path = join(packageFolder, 'dist/bin/planpass.cjs')
  if (!existsSync(path)) throw new Error(`There is no ${path}. Run \`npm run build\` first.`)
  return path
}

/** Starts the built command. It is dead when `finished` settles. */
export function startCli(argv: readonly string[], options: CliProcessOptions = {}): CliProcess {
  const { environment = {}, stdin = '', holdsStdinOpen = false, timeoutMs = 30_000 } = options
  const child = spawn(process.execPath, [builtCli(), ...argv], { env: environment })
  const transcript = createTranscript()
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => transcript.write(stream, text))
  // A process that ends before it has read its input is no failure of the test.
  child.stdin.on('error', () => {})
  const tookStdin = new Promise<void>((resolve) => child.stdin.write(stdin, () => resolve()))
  if (!holdsStdinOpen) child.stdin.end()
  const timeUp = setTimeout(() => child.kill('SIGKILL'), timeoutMs)

  async function waitForEnd(): Promise<CliResult> {
    const [exitCode] = (await once(child, 'close')) as [number | null]
    clearTimeout(timeUp)
    transcript.end()
    return { exitCode, stdout: transcript.stdout, stderr: transcript.stderr }
  }

  return {
    finished: waitForEnd(),
    tookStdin,
    printed: transcript,
    waitForOutput: transcript.waitFor,
    interrupt: () => void child.kill('SIGINT'),
    stop: (signal) => void child.kill(signal),
  }
}

import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify, stripVTControlCharacters } from 'node:util'
import type { EmulatorListener } from '../../src/testing/index.js'
import type { CodexHome } from './codex-home.js'

/** The release the emulator is measured against; `package.json` pins the same one. */
export const codexVersion = '0.169.0'

const packageFolder = join(import.meta.dirname, '../..')

/** The folder in `node_modules/@openai`, and the target triple below its `vendor`. */
const platforms: Readonly<Record<string, readonly [folder: string, triple: string]>> = {
  'linux-x64': ['codex-linux-x64', 'x86_64-unknown-linux-musl'],
  'linux-arm64': ['codex-linux-arm64', 'aarch64-unknown-linux-musl'],
  'darwin-x64': ['codex-darwin-x64', 'x86_64-apple-darwin'],
  'darwin-arm64': ['codex-darwin-arm64', 'aarch64-apple-darwin'],
  'win32-x64': ['codex-win32-x64', 'x86_64-pc-windows-msvc'],
  'win32-arm64': ['codex-win32-arm64', 'aarch64-pc-windows-msvc'],
}

/**
 * The native binary of the pinned release. Started directly, it can be ended by its own process id, which the npm wrapper
 * in front of it could not.
 *
 * @throws Error that names `npm ci` when it is not there or is another release
 */
export async function findCodexBinary(root = packageFolder): Promise<string> {
  const [folder, triple] = platforms[`${process.platform}-${process.arch}`] ?? ['', '']
  const name = process.platform === 'win32' ? 'codex.exe' : 'codex'
  const path = join(root, 'node_modules/@openai', folder, 'vendor', triple, 'bin', name)
  const remedy = `Run \`npm ci\` in ${root}: the interop tests need the released @openai/codex ${codexVersion}.`
  try {
    await access(path)
  } catch (cause) {
    throw new Error(`There is no codex binary at ${path}. ${remedy}`, { cause })
  }
  const version = await versionOf(path)
  if (version !== codexVersion) throw new Error(`${path} is codex ${version}. ${remedy}`)
  return path
}

/** Asked once for each binary: a file of tests starts it hundreds of times. */
const versions = new Map<string, Promise<string>>()

function versionOf(path: string): Promise<string> {
  const version = versions.get(path) ?? askVersion(path)
  versions.set(path, version)
  return version
}

async function askVersion(path: string): Promise<string> {
  const { stdout } = await promisify(execFile)(path, ['--version'], { env: {}, timeout: 10_000 })
  return stdout.trim().replace('codex-cli ', '')
}

export interface CodexOptions {
  readonly emulator: EmulatorListener
  readonly home: CodexHome
  readonly args: readonly string[]
  /** Added to the clean environment, or put in place of what is in it. */
  readonly env?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

export interface CodexResult {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A codex process that runs. */
export interface RunningCodex {
  /** Rejects when the time is up; the process is dead by then, whichever way this settles. */
  readonly finished: Promise<CodexResult>
  /** The first match in what was printed so far or will be, colours aside; rejects when the process ends without it. */
  waitForOutput(pattern: RegExp): Promise<RegExpExecArray>
  endInput(): void
  kill(): void
}

/** Starts the real binary in its own home, with a clean environment, and no way out but to the emulator. */
export async function startCodex(options: CodexOptions): Promise<RunningCodex> {
  const { home, args, timeoutMs = 30_000 } = options
  const child = spawn(await findCodexBinary(), args, { cwd: home.workFolder, env: environmentFor(options) })
  const output = captureOutput(child)
  const finished = waitForExit(child, timeoutMs).then(
    (exitCode) => ({ exitCode, ...output.printed }),
    (cause: unknown) => {
      throw new Error(`codex ${args.join(' ')} did not finish.\n${output.all()}`, { cause })
    },
  )
  const waitFor = <Result>(look: () => Result | undefined) =>
    new Promise<Result>((resolve, reject) => {
      output.onChange(() => {
        const result = look()
        if (result !== undefined) resolve(result)
      })
      const fail = () => reject(new Error(`codex ${args.join(' ')} ended before that was seen.\n${output.all()}`))
      finished.then(fail, fail)
    })

  return {
    finished,
    waitForOutput: (pattern) => waitFor(() => pattern.exec(stripVTControlCharacters(output.all())) ?? undefined),
    endInput: () => void child.stdin.end(),
    kill: () => void child.kill('SIGKILL'),
  }
}

function captureOutput(child: ChildProcessWithoutNullStreams) {
  const printed = { stdout: '', stderr: '' }
  const listeners: (() => void)[] = []
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      printed[stream] += text
      for (const listener of listeners) listener()
    })
  return {
    printed,
    all: () => printed.stdout + printed.stderr,
    /** Calls the listener now and whenever there is more. */
    onChange(listener: () => void) {
      listeners.push(listener)
      listener()
    },
  }
}

/** Rejects when the time is up; the process has ended by then, too. */
async function waitForExit(child: ChildProcessWithoutNullStreams, timeoutMs: number): Promise<number | null> {
  // A process that ends before it has read its input is no failure of the test.
  child.stdin.on('error', () => {})
  const timeUp = AbortSignal.timeout(timeoutMs)
  timeUp.addEventListener('abort', () => child.kill('SIGKILL'))
  const [exitCode] = (await once(child, 'close')) as [number | null]
  timeUp.throwIfAborted()
  return exitCode
}

/** Runs the real binary to its end, with nothing on its standard input. */
export async function runCodex(options: CodexOptions): Promise<CodexResult> {
  const codex = await startCodex(options)
  codex.endInput()
  return codex.finished
}

/**
 * Revocation ignores where a login came from (real-codex 2), so it is pointed at the emulator wherever codex runs. A login
 * opens a browser when it finds one; with an empty folder for a path it finds none.
 */
export function environmentFor({
  emulator,
  home,
  env,
}: Pick<CodexOptions, 'emulator' | 'home' | 'env'>): Record<string, string> {
  return {
    PATH: home.emptyFolder,
    TERM: 'dumb',
    HOME: home.homeFolder,
    CODEX_HOME: home.codexHome,
    CODEX_CA_CERTIFICATE: home.caFile,
    CODEX_REVOKE_TOKEN_URL_OVERRIDE: `${emulator.issuer}/oauth/revoke`,
    HTTPS_PROXY: home.wayOut,
    HTTP_PROXY: home.wayOut,
    NO_PROXY: '127.0.0.1,localhost',
    ...env,
  }
}

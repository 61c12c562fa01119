import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { vi } from 'vitest'

export interface TerminalOptions {
  readonly columns: number
  readonly rows: number
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** A program on a real pseudo-terminal, as a person sees it. */
export interface Terminal {
  /** The lines on the screen, without the blank ones at its end. */
  readScreen(): Promise<string[]>
  /** The screen once `pattern` is on it. */
  waitForScreen(pattern: RegExp): Promise<string[]>
  /** What a person copies: lines that the terminal broke are whole again. */
  copyScreen(): Promise<string[]>
  /** Pastes as a terminal does. */
  paste(text: string): Promise<void>
  pressEnter(): Promise<void>
  pressCtrlC(): Promise<void>
  cursorColumn(): Promise<number>
}

/** Keeps the screen there after the program, with its exit code, and survives the Ctrl-C that is meant for the program. */
const shell = 'trap : INT; "$@"; printf "exit code %s" $?; cat'

/** Runs the body with a program in a terminal of tmux, which is a server of its own and ends with the body. */
export async function withTerminal(
  { columns, rows, command, environment }: TerminalOptions,
  body: (terminal: Terminal) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'planpass-terminal-'))
  const tmux = async (...args: string[]) => {
    const { stdout } = await runTmux(['-S', join(folder, 'socket'), '-f', '/dev/null', ...args])
    return stdout
  }
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  const size = ['-x', String(columns), '-y', String(rows)]
  await tmux('new-session', '-d', ...size, 'env', ...variables, 'sh', '-c', shell, 'sh', ...command)

  const readScreen = async () => (await tmux('capture-pane', '-p')).trimEnd().split('\n')
  try {
    await body({
      readScreen,
      waitForScreen: (pattern) =>
        vi.waitFor(
          async () => {
            const lines = await readScreen()
            if (!pattern.test(lines.join('\n')))
              throw new Error(`${pattern} is not on the screen:\n${lines.join('\n')}`)
            return lines
          },
          { timeout: 20_000, interval: 50 },
        ),
      copyScreen: async () => (await tmux('capture-pane', '-p', '-J')).split('\n').map((line) => line.trimEnd()),
      paste: async (text) => {
        await tmux('set-buffer', '--', text)
        await tmux('paste-buffer', '-p')
      },
      pressEnter: async () => void (await tmux('send-keys', 'Enter')),
      pressCtrlC: async () => void (await tmux('send-keys', 'C-c')),
      cursorColumn: async () => Number(await tmux('display-message', '-p', '#{cursor_x}')),
    })
  } finally {
    await tmux('kill-server')
    await rm(folder, { recursive: true, force: true })
  }
}

async function runTmux(args: readonly string[]): Promise<{ stdout: string }> {
  try {
    return await promisify(execFile)('tmux', args)
  } catch (cause) {
    const isMissing = cause instanceof Error && Reflect.get(cause, 'code') === 'ENOENT'
    throw isMissing ? new Error('tmux is missing. Install it: apt-get install tmux', { cause }) : cause
  }
}

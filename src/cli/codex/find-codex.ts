import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { AuthError } from '../../core/index.js'

/** How the Codex CLI is started. */
export interface CodexProgram {
  readonly command: string
  /** Before those of the person. */
  readonly args: readonly string[]
}

/** Where it may be. */
export interface CodexPlaces {
  /** The value of `PATH`. */
  readonly path: string | undefined
  /** Whose `node_modules` are looked through, upwards. */
  readonly cwd: string
  /** As in `process.platform`. */
  readonly platform?: string
}

/** On Windows npm puts a script on the path that only a shell can start. This is what it starts, from the same folder. */
const besideShim = join('node_modules', '@openai', 'codex', 'bin', 'codex.js')

/**
 * The person's own `codex`: the first on their path, else the one of the project they are in.
 *
 * @throws AuthError `ERR_CONFIG_MISSING_PACKAGE`
 */
export async function findCodex({ path = '', cwd, platform = process.platform }: CodexPlaces): Promise<CodexProgram> {
  const isWindows = platform === 'win32'
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const command = join(folder, isWindows ? 'codex.exe' : 'codex')
    if (await isProgram(command)) return { command, args: [] }
    const script = join(folder, besideShim)
    if (isWindows && (await isProgram(script))) return { command: process.execPath, args: [script] }
  }
  const script = resolveScript(cwd)
  if (script) return { command: process.execPath, args: [script] }
  throw new AuthError('ERR_CONFIG_MISSING_PACKAGE', 'There is no `codex` on the path, nor in the node_modules here.', {
    advice: 'Install it: npm install --global @openai/codex',
  })
}

/** A folder may be entered, which counts as leave to execute it. */
async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

function resolveScript(cwd: string): string | undefined {
  try {
    return createRequire(join(cwd, 'package.json')).resolve('@openai/codex/bin/codex.js')
  } catch {
    return undefined
  }
}

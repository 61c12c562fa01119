import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
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
}

const programName = process.platform === 'win32' ? 'codex.exe' : 'codex'

/**
 * The person's own `codex`: the first on their path, else the one of the project they are in.
 *
 * @throws AuthError `ERR_CONFIG_MISSING_PACKAGE`
 */
export async function findCodex({ path = '', cwd }: CodexPlaces): Promise<CodexProgram> {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const command = join(folder, programName)
    if (await isExecutable(command)) return { command, args: [] }
  }
  const script = resolveScript(cwd)
  if (script) return { command: process.execPath, args: [script] }
  throw new AuthError('ERR_CONFIG_MISSING_PACKAGE', 'There is no `codex` on the path, nor in the node_modules here.', {
    advice: 'Install it: npm install --global @openai/codex',
  })
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

function resolveScript(cwd: string): string | undefined {
  try {
    return createRequire(join(cwd, 'package.json')).resolve('@openai/codex/bin/codex.js')
  } catch {
    return undefined
  }
}

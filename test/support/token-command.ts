import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A shell script that prints a token, and notes each call of it. */
export interface TokenCommand {
  readonly path: string
  readonly folder: string
  /** What the script noted, a line a call. */
  readonly calls: () => Promise<string[]>
}

/** @param body In `sh`; `$CALLS` is the file of the calls, whose last line is this one. */
export async function createTokenCommand(folder: string, body: string, name = 'token.sh'): Promise<TokenCommand> {
  const path = join(folder, name)
  const callsFile = join(folder, 'calls')
  await writeFile(path, `#!/bin/sh\nCALLS='${callsFile}'\necho "$PWD $*" >> "$CALLS"\n${body}\n`)
  await chmod(path, 0o755)
  return {
    path,
    folder,
    calls: async () => (await readFile(callsFile, 'utf8').catch(() => '')).split('\n').slice(0, -1),
  }
}

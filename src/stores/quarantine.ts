import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { systemCode } from './file-errors.js'

/**
 * Copies what cannot be parsed, byte for byte, beside its file, 0600, so that nothing is lost when somebody signs in over it. The name is made from the
 * content: reading the same damage twice makes one copy.
 *
 * @returns the path of the copy, or `undefined` when it could not be made
 */
export async function quarantine(path: string, bytes: Buffer): Promise<string | undefined> {
  const copy = `${path}.corrupt-${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}`
  try {
    await writeFile(copy, bytes, { mode: 0o600, flag: 'wx' })
    return copy
  } catch (error) {
    return systemCode(error) === 'EEXIST' && (await holds(copy, bytes)) ? copy : undefined
  }
}

/** A copy that was cut short by a crash is none. */
async function holds(copy: string, bytes: Buffer): Promise<boolean> {
  const kept = await readFile(copy).catch(() => undefined)
  return kept !== undefined && kept.equals(bytes)
}

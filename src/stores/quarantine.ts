import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { systemCode } from './file-errors.js'

/**
 * Copies what cannot be parsed beside its file, 0600, so that nothing is lost when somebody signs in over it. The name is made from the
 * content: reading the same damage twice makes one copy.
 *
 * @returns the path of the copy, or `undefined` when it could not be made
 */
export async function quarantine(path: string, text: string): Promise<string | undefined> {
  const copy = `${path}.corrupt-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`
  try {
    await writeFile(copy, text, { mode: 0o600, flag: 'wx' })
    return copy
  } catch (error) {
    return systemCode(error) === 'EEXIST' ? copy : undefined
  }
}

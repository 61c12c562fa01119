import { prepareReplacement, type Replacement } from './atomic-write.js'
import { systemCode } from './file-errors.js'
import { prepareWritingInPlace } from './write-in-place.js'

/** What a rename onto a mounted file answers. */
const notReplaceable = new Set(['EBUSY', 'EXDEV'])

/**
 * The way to write this file: replaced where possible, in place where it is mounted by itself.
 *
 * @param isMounted What is known of that; a rename that is refused for it falls back to writing in place.
 */
export async function prepareWriting(target: string, isMounted: boolean): Promise<Replacement> {
  if (isMounted) return prepareWritingInPlace(target)
  const replacement = await prepareReplacement(target)

  async function commit(text: string, assertAllowed?: () => Promise<void>): Promise<void> {
    try {
      await replacement.commit(text, assertAllowed)
    } catch (error) {
      if (process.platform === 'win32' || !notReplaceable.has(systemCode(error) ?? '')) throw error
      await writeInPlace(text, assertAllowed)
    }
  }

  async function writeInPlace(text: string, assertAllowed?: () => Promise<void>): Promise<void> {
    const writing = await prepareWritingInPlace(target)
    try {
      await writing.commit(text, assertAllowed)
    } finally {
      await writing.discard()
    }
  }

  return { ...replacement, commit }
}

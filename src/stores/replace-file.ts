import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { prepareReplacement } from './atomic-write.js'
import { toWriteFailure } from './file-errors.js'

/** Replaces a small file, 0600, in a folder that is made 0700 when it is missing; nobody ever reads half of it. @throws AuthError `ERR_STORE_WRITE` */
export async function replaceFile(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const replacement = await prepareReplacement(path)
    try {
      await replacement.commit(text)
    } finally {
      await replacement.discard()
    }
  } catch (error) {
    throw toWriteFailure(path, error)
  }
}

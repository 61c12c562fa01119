import { open, readFile, rm } from 'node:fs/promises'
import { AuthError, Secret } from '../core/index.js'
import { replaceFile } from '../stores/index.js'

/** Writes a whole sign-in into a new file, for nobody else to read from its first byte on. @throws AuthError `ERR_CONFIG_USAGE` where there is a file, `ERR_STORE_WRITE` */
export async function writeTransferFile(path: string, transfer: Secret): Promise<void> {
  await claim(path)
  try {
    await replaceFile(path, transfer.reveal())
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

/** Nothing of anybody's is replaced. */
async function claim(path: string): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600)
    await file.close()
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EEXIST') {
      throw new AuthError('ERR_CONFIG_USAGE', `There is a file at ${path} already.`, { advice: 'Use another name.' })
    }
    throw new AuthError('ERR_STORE_WRITE', `${path} cannot be written (${code}).`, { cause: error })
  }
}

/** @throws AuthError `ERR_STORE_READ` */
export async function readTransferFile(path: string): Promise<Secret> {
  try {
    return new Secret(await readFile(path, 'utf8'))
  } catch (error) {
    throw new AuthError('ERR_STORE_READ', `${path} cannot be read (${codeOf(error)}).`, { cause: error })
  }
}

/** @returns whether it is gone */
export async function removeTransferFile(path: string): Promise<boolean> {
  return rm(path).then(
    () => true,
    () => false,
  )
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return String(code)
}

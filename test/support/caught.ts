import { isAuthError, type AuthError, type ErrorCode } from '../../src/core/index.js'

/** What `work` throws. */
export async function caught(work: Promise<unknown> | (() => unknown)): Promise<unknown> {
  try {
    await (typeof work === 'function' ? work() : work)
  } catch (error) {
    return error
  }
  throw new Error('Nothing was thrown.')
}

/** The `AuthError` that `work` throws. */
export async function caughtAuthError(work: Promise<unknown> | (() => unknown)): Promise<AuthError> {
  const error = await caught(work)
  if (!isAuthError(error)) throw new Error(`This is no AuthError: ${String(error)}`, { cause: error })
  return error
}

/** Its code alone, which is what most tests are about. */
export async function caughtCode(work: Promise<unknown> | (() => unknown)): Promise<ErrorCode> {
  return (await caughtAuthError(work)).code
}

import { AuthError, isAuthError } from '../core/index.js'

/** The system's name for what went wrong: `ENOENT`, `EACCES`, `ENOSPC`, … */
export function systemCode(error: unknown): string | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? code : undefined
}

export function isMissing(error: unknown): boolean {
  return systemCode(error) === 'ENOENT'
}

/** For `catch`: not being there is an answer, everything else a failure. */
export function ignoreMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error
}

/** What the system refused, by its name for it; any other failure as it is. */
export function toWriteFailure(path: string, error: unknown): unknown {
  const code = systemCode(error)
  if (isAuthError(error) || code === undefined) return error
  return new AuthError('ERR_STORE_WRITE', `${path} cannot be written (${code}).`, { cause: error })
}

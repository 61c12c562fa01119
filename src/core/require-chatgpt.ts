import type { ChatgptCredential, Credential } from './credential.js'
import { AuthError } from './errors.js'

/** A credential of this mode and no other. @throws AuthError `ERR_SIGN_IN_REQUIRED`, `ERR_TOKEN_UNSUPPORTED_MODE` */
export function requireChatgpt(
  stored: Credential | undefined,
  { mode }: Pick<ChatgptCredential, 'mode'>,
): ChatgptCredential {
  if (!stored) throw new AuthError('ERR_SIGN_IN_REQUIRED', 'Nobody is signed in.')
  if (stored.mode !== mode) {
    throw new AuthError('ERR_TOKEN_UNSUPPORTED_MODE', `The stored credential is of the kind "${stored.mode}".`)
  }
  return stored
}

/** The error of a store that holds the sign-in of another person or workspace than the session began with. */
export function accountMismatch(): AuthError {
  return new AuthError('ERR_TOKEN_ACCOUNT_MISMATCH', 'Somebody else has signed in since this session began.')
}

import { toExternalTokens, type ExternalAuth, type ExternalTokens } from '../core/external.js'
import { AuthError, systemClock, type ChatgptCredential, type Clock } from '../core/index.js'
import { readForeignFile, type ForeignFile } from './foreign-file.js'

/**
 * Another program's sign-in as a source of access tokens. Its refresh token is not for us to spend and is nowhere in what this gives out; the
 * file is read before each request, so that what its owner refreshes is used at once, and never written.
 *
 * Throws AuthError `ERR_TOKEN_EXPIRED` when only the owner can go on, `ERR_SIGN_IN_REQUIRED`, `ERR_TOKEN_UNSUPPORTED_MODE`,
 * `ERR_STORE_READ` and `ERR_STORE_CORRUPT`.
 *
 * ```ts
 * const session = createExternalSession({ auth: borrowCredential(found) })
 * ```
 */
export function borrowCredential(file: ForeignFile, clock: Clock = systemClock): ExternalAuth {
  async function read(): Promise<ExternalTokens> {
    const credential = await readForeignFile(file)
    if (isEnded(credential, clock)) throw needsOwner(file, 'has ended')
    return toExternalTokens(credential)
  }

  return {
    resolve: read,
    async refresh({ rejected }) {
      const tokens = await read()
      if (tokens.accessToken.equals(rejected)) throw needsOwner(file, 'was refused by the server')
      return tokens
    },
  }
}

function isEnded({ expiresAtMs }: ChatgptCredential, clock: Clock): boolean {
  return expiresAtMs !== undefined && expiresAtMs <= clock.now()
}

function needsOwner({ path, owner }: ForeignFile, what: string): AuthError {
  return new AuthError('ERR_TOKEN_EXPIRED', `The access token in ${path} ${what}, and only ${owner} may refresh it.`, {
    advice: `Use ${owner} once and try again, or give planpass a sign-in of its own with \`planpass login\`.`,
  })
}

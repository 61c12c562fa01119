import { AuthError, systemClock, type Clock, type Secret } from '../core/index.js'
import type { ExternalAuth, ExternalTokens } from '../core/external.js'
import { parseAccessDocument, type AccessGrant } from './access-document.js'

/** Where an export lies, and who renews it. */
export interface AccessOnlyOptions {
  /** Gets what `exportAccessOnly` made, from a file, a variable or a secret; read again each time, so that it may be replaced. */
  readonly read: () => Promise<string>
  /** Who is asked when the exported token has ended or was refused; without it, that is the end. */
  readonly broker?: ExternalAuth
  readonly clock?: Clock
}

/**
 * A source over an access-only export. There is no refresh token in it and no way to a token endpoint from here: it asks its broker, or fails.
 *
 * @throws AuthError `ERR_TOKEN_EXPIRED`, `ERR_TOKEN_NOT_REFRESHABLE`, `ERR_TOKEN_SOURCE_FAILED`, and what `broker` throws
 */
export function fromAccessOnly({ read, broker, clock = systemClock }: AccessOnlyOptions): Required<ExternalAuth> {
  /** The last token the backend refused: it is not offered again. */
  let refused: Secret | undefined

  /** The exported tokens, unless they have ended or were refused. */
  async function exported(): Promise<ExternalTokens | undefined> {
    const { tokens, expiresAtMs }: AccessGrant = parseAccessDocument(await read())
    const isEnded = expiresAtMs !== undefined && expiresAtMs <= clock.now()
    return isEnded || tokens.accessToken.equals(refused) ? undefined : tokens
  }

  return {
    resolve: async () => {
      const tokens = await exported()
      if (tokens) return tokens
      if (broker) return broker.resolve?.()
      throw refused ? cannotRefresh() : ended()
    },
    refresh: async (context) => {
      refused = context.rejected
      const tokens = await exported()
      if (tokens) return tokens
      if (broker) return broker.refresh(context)
      throw cannotRefresh()
    },
  }
}

const advice = 'Ask whoever exported it for a new one.'

function ended(): AuthError {
  return new AuthError('ERR_TOKEN_EXPIRED', 'The exported access token has ended.', { advice })
}

function cannotRefresh(): AuthError {
  return new AuthError('ERR_TOKEN_NOT_REFRESHABLE', 'The exported access token was refused.', { advice })
}

import {
  AuthError,
  decodeClaims,
  isJsonObject,
  readExpiry,
  readIdentity,
  readNumber,
  readString,
  Secret,
  type ChatgptCredential,
  type JsonObject,
  type Provenance,
} from '../core/index.js'

/** The tokens of a sign-in, as a host program keeps them. Worth as much as a password. */
export interface OpenAIOAuthTokens {
  readonly accessToken: string
  /** Good for one use: what comes back for it must be stored. */
  readonly refreshToken?: string | undefined
  /** End of the access token, milliseconds since the epoch. What the token says of itself comes before it. */
  readonly expiresAt?: number | undefined
  readonly idToken?: string | undefined
  /** The workspace. Without it, what the tokens say of it is used. */
  readonly accountId?: string | undefined
}

/**
 * The credential that a host's tokens are. They come out of a host's own storage, so nothing is taken for granted.
 *
 * @throws AuthError `ERR_STORE_CORRUPT`, `ERR_TOKEN_NO_ACCOUNT`
 */
export function parseTokens(value: unknown, provenance: Provenance): ChatgptCredential {
  const tokens = isJsonObject(value) ? value : undefined
  const accessToken = readString(tokens, 'accessToken')
  if (!tokens || !accessToken) {
    throw new AuthError('ERR_STORE_CORRUPT', 'What the token store gave holds no `accessToken`.', {
      advice: 'Give the tokens of a sign-in, or nothing when nobody is signed in.',
    })
  }
  const idToken = readString(tokens, 'idToken') ?? ''
  const refreshToken = readString(tokens, 'refreshToken')
  const identity = readIdentity(decodeClaims(idToken) ?? decodeClaims(accessToken))
  return {
    mode: 'chatgpt',
    idToken: new Secret(idToken),
    accessToken: new Secret(accessToken),
    ...(refreshToken && { refreshToken: new Secret(refreshToken) }),
    accountId: readString(tokens, 'accountId') || requireAccountId(identity.accountId),
    provenance,
    identity,
    ...readLifetime(tokens, accessToken),
  }
}

function requireAccountId(accountId: string | undefined): string {
  if (accountId) return accountId
  throw new AuthError('ERR_TOKEN_NO_ACCOUNT', 'The tokens do not say which ChatGPT account they are for.', {
    advice: 'Store `accountId` with them, or the `idToken`, which names it.',
  })
}

function readLifetime(tokens: JsonObject, accessToken: string): Pick<ChatgptCredential, 'expiresAtMs' | 'issuedAtMs'> {
  const expiresAtMs = readExpiry(accessToken) ?? readNumber(tokens, 'expiresAt')
  const issuedAt = readNumber(decodeClaims(accessToken), 'iat')
  return {
    // Zero is how some hosts write that they do not know.
    ...(expiresAtMs && { expiresAtMs }),
    ...(issuedAt !== undefined && { issuedAtMs: issuedAt * 1000 }),
  }
}

/** What a host stores of a credential. */
export function toTokens(credential: Omit<ChatgptCredential, 'identity' | 'mode'>): OpenAIOAuthTokens {
  const { accessToken, refreshToken, expiresAtMs, accountId } = credential
  const idToken = credential.idToken.reveal()
  return {
    accessToken: accessToken.reveal(),
    ...(refreshToken && { refreshToken: refreshToken.reveal() }),
    ...(expiresAtMs !== undefined && { expiresAt: expiresAtMs }),
    ...(idToken && { idToken }),
    ...(accountId !== undefined && { accountId }),
  }
}

import { AuthError, isAuthError, revokeCredential } from '../core/index.js'
import type {
  ChatgptCredential,
  ClientIdentity,
  Clock,
  Credential,
  CredentialStore,
  Fetch,
  Provider,
  RevokeOptions,
} from '../core/index.js'
import {
  authorizationCodeRequest,
  processAuthorizationCodeResponse,
  toCredential,
  type AuthorizationGrant,
} from '../core/oauth.js'
import type { AcceptSignIn } from './expect-account.js'

/** What turns a grant into a stored credential. */
export interface Completion {
  readonly provider: Provider
  readonly identity: ClientIdentity
  readonly store: CredentialStore
  readonly fetch: Fetch
  readonly clock: Clock
  readonly accept?: AcceptSignIn | undefined
}

/** A credential that is stored, and the one that lay there before. */
export interface CompletedSignIn {
  readonly credential: ChatgptCredential
  readonly replaced: Credential | undefined
}

/**
 * Exchanges a grant and stores what it gives, under the store's lock. The code is spent once, so nobody can cancel from here on. What is not
 * accepted, or cannot be stored, is revoked: a sign-in that nobody has must not live on at the issuer.
 */
export async function completeSignIn(options: Completion, grant: AuthorizationGrant): Promise<CompletedSignIn> {
  const { provider, identity, store, fetch, clock, accept } = options
  let unstored: ChatgptCredential | undefined
  try {
    const completed = await store.update(
      async (replaced, { prepare }) => {
        await prepare?.()
        assertSameProvider(replaced, provider)
        const redeem = provider.ways?.redeem ?? redeemAsCodex(provider)
        const credential = await redeem(grant, { fetch, identity }, { nowMs: clock.now(), replaces: replaced })
        unstored = credential
        accept?.(credential, replaced)
        await provider.ways?.settle(credential)
        return { write: credential, result: { credential, replaced } }
      },
      { replaceCorrupt: true },
    )
    return completed
  } catch (error) {
    throw unstored ? await discard(unstored, error, options) : error
  }
}

function redeemAsCodex(provider: Provider): NonNullable<Provider['ways']>['redeem'] {
  return async (grant, transport, { nowMs, replaces }) => {
    const tokens = await processAuthorizationCodeResponse(await authorizationCodeRequest(provider, grant, transport))
    return toCredential({ provider, tokens, nowMs, replaces })
  }
}

/**
 * A provider cannot end the sign-in of another one, so it does not take its place either.
 *
 * @throws AuthError `ERR_SIGN_IN_WRONG_ACCOUNT`
 */
export function assertSameProvider(replaced: Credential | undefined, { mode }: Provider): void {
  if (!replaced || !('accessToken' in replaced) || replaced.mode === mode) return
  throw new AuthError(
    'ERR_SIGN_IN_WRONG_ACCOUNT',
    'A sign-in through another provider lies here. Nothing was replaced.',
    { advice: 'To keep both, sign in with another --profile; to replace the old one, run `planpass logout` first.' },
  )
}

/** When the server does not revoke what nobody has, the error says so. */
async function discard(credential: ChatgptCredential, why: unknown, options: RevokeOptions): Promise<unknown> {
  const { failure } = await revokeCredential(credential, options)
  if (!failure || !isAuthError(why)) return why
  const summary = `${why.summary} The new sign-in could not be revoked and lives on at the server until it ends.`
  return new AuthError(why.code, summary, { advice: why.advice, cause: failure })
}

/**
 * Ends the session that the new one took the place of, once the new one is safe (protocol 2.9). Best effort.
 *
 * @returns what a person should know, when it lives on
 */
export async function revokeReplaced(
  { credential, replaced }: CompletedSignIn,
  options: RevokeOptions,
): Promise<string[]> {
  if (!replaced || !('accessToken' in replaced) || !replaced.refreshToken) return []
  if (replaced.refreshToken.reveal() === credential.refreshToken?.reveal()) return []
  const { failure } = await revokeCredential(replaced, options)
  return failure
    ? [`The sign-in before this one could not be revoked and lives on until it ends. ${failure.summary}`]
    : []
}

import type { ChatgptCredential, Credential } from '../credential.js'
import type { Logger } from '../logger.js'
import type { AuthorizationGrant } from '../oauth/authorization-code.js'
import type { RefreshGrant } from '../oauth/refresh.js'
import type { RevocationGrant } from '../oauth/revocation.js'
import type { Transport } from '../oauth/send.js'
import type { Secret } from '../secret.js'
import type { ServerClock } from '../server-clock.js'
import type { CredentialStore } from '../store.js'
import type { JsonObject } from '../json.js'

/**
 * Who issues the tokens, under which client identity, and where they may be used: the unit of trust. No token crosses from one provider to
 * another.
 */
export interface Provider {
  readonly name: 'codex' | 'siwc'
  /** The mode of its credentials. A stored one of any other is refused. */
  readonly mode: ChatgptCredential['mode']
  /** As given, trailing slash kept, because that is how `auth.json` records it (protocol 4.2). */
  readonly issuer: string
  readonly clientId: string
  readonly scope: string
  /** Base of the backend, without trailing slash: tokens are sent to its origin and to the issuer, nowhere else. */
  readonly backendUrl: string
  /** What it does in a way of its own. Without it everything goes as with the Codex client (protocol 2 to 9). */
  readonly ways?: ProviderWays
}

/** What a provider does in its own way. */
export interface ProviderWays {
  /** Requests carry the access token alone, and go to these paths below `backendUrl` alone. */
  readonly paths: { readonly models: string; readonly responses: string }
  /** Starts a sign-in in a browser. A provider with ways of its own has no device codes. */
  readonly begin: (redirectUri: string) => Promise<AuthorizationAttempt>
  /** Exchanges what `begin` led to, and says whose the tokens are. `replaces` is what is stored now. */
  readonly redeem: (
    grant: AuthorizationGrant,
    transport: Transport,
    context: { readonly nowMs: number; readonly replaces: Credential | undefined },
  ) => Promise<ChatgptCredential>
  /** Told of a sign-in that was accepted, right before it is stored. */
  readonly settle: (credential: ChatgptCredential) => Promise<void>
  /** Sends a refresh token; called under the store's lock. */
  readonly refresh: (
    grant: RefreshGrant,
    transport: Transport,
    current: ChatgptCredential,
    nowMs: number,
  ) => Promise<Response>
  /** What the answer to `refresh` makes of `current`. It is stored before anything in it is looked at further. */
  readonly renew: (current: ChatgptCredential, response: Response, nowMs: number) => Promise<ChatgptCredential>
  /** Asked before a credential is used: what is stored may still have to be verified. @throws AuthError when it must not be used */
  readonly confirm: (credential: ChatgptCredential, context: ConfirmContext) => Promise<ChatgptCredential>
  /** Ends a session at the issuer; any 2xx is success. */
  readonly revoke: (grant: RevocationGrant, transport: Transport) => Promise<Response>
  /** A request for an answer, as the backend takes it. */
  readonly shape: (body: JsonObject) => ShapedRequest
}

/** What `ProviderWays.confirm` works with. */
export interface ConfirmContext extends Transport {
  readonly store: CredentialStore
  readonly logger: Logger
  readonly serverClock: Pick<ServerClock, 'now'>
}

/** A request as a provider's backend takes it. */
export interface ShapedRequest {
  readonly body: JsonObject
  /** What was left out, and why. */
  readonly dropped: readonly { readonly path: string; readonly reason: string }[]
  /** What the backend does not take, and why: with any of it, nothing may be sent. */
  readonly refused: ShapedRequest['dropped']
}

/** One try of a sign-in in a browser: what the callback and a paste are checked against. */
export interface AuthorizationAttempt {
  /** Where the person's browser starts. Holds the state and the challenge, never the verifier. */
  readonly authorizeUrl: URL
  readonly redirectUri: string
  readonly state: string
  /** What the code is exchanged with: the same redirect and the verifier of this attempt (RFC 7636 4.5). */
  toGrant(code: Secret): AuthorizationGrant
  /**
   * Takes what else a callback of this attempt says; there when a code alone is not enough.
   *
   * @throws AuthError what ends the sign-in: the code is not exchanged then
   */
  readonly receive?: (query: URLSearchParams) => void
}

import { randomUUID } from 'node:crypto'
import type { JWTPayload } from 'jose'
import type { Clock } from '../core/index.js'
import type { Lifetimes } from './options.js'
import type { EmulatedSession, SessionBook } from './sessions.js'
import type { SigningKey } from './signing-key.js'
import { isPlanClient } from './siwc/plan-client.js'

/** What a token endpoint hands out. */
export interface TokenSet {
  readonly idToken: string
  readonly accessToken: string
  /** There when the scope holds `offline_access` (OIDC Core 11). */
  readonly refreshToken: string | undefined
  readonly expiresAtMs: number
  readonly expiresInSeconds: number
}

export interface MintOptions {
  readonly issuer: string
  readonly nonce?: string | undefined
  readonly clockOffsetMs?: number
}

export type TokenMint = (session: EmulatedSession, options: MintOptions) => Promise<TokenSet>

export interface TokenMintParts {
  readonly clock: Clock
  readonly lifetimes: Lifetimes
  readonly sessions: SessionBook
  readonly signingKey: SigningKey
}

/** Signs a session's tokens and enters them in the book. */
export function createTokenMint({ clock, lifetimes, sessions, signingKey }: TokenMintParts): TokenMint {
  return async (session, { issuer, nonce, clockOffsetMs = 0 }) => {
    const times = (lifetimeMs: number) => {
      const issuedAt = Math.floor((clock.now() + clockOffsetMs) / 1000)
      return { iss: issuer, iat: issuedAt, exp: issuedAt + Math.floor(lifetimeMs / 1000), jti: randomUUID() }
    }
    const accessTimes = times(lifetimes.accessTokenMs)
    const idToken = await signingKey.sign({
      ...times(lifetimes.idTokenMs),
      ...(isPlanClient(session.clientId) ? planIdClaims(session) : idClaims(session)),
      ...(nonce !== undefined && { nonce }),
    })
    const accessToken = await signingKey.sign({
      ...accessTimes,
      nbf: accessTimes.iat,
      ...(isPlanClient(session.clientId) ? planAccessClaims(session) : accessClaims(session)),
    })
    sessions.addAccessToken(session, accessToken, clock.now() + lifetimes.accessTokenMs)
    return {
      idToken,
      accessToken,
      refreshToken: session.scope.split(' ').includes('offline_access') ? sessions.addRefreshToken(session) : undefined,
      expiresAtMs: accessTimes.exp * 1000,
      expiresInSeconds: accessTimes.exp - accessTimes.iat,
    }
  }
}

/** Protocol 4.5: what Codex reads from the ID token. */
function idClaims(session: EmulatedSession): JWTPayload {
  const { account } = session
  return {
    sub: account.userId,
    aud: [session.clientId],
    sid: session.id,
    auth_time: Math.floor(session.startedAtMs / 1000),
    auth_provider: 'password',
    email: account.email,
    email_verified: true,
    name: account.email.split('@')[0],
    [authClaim]: {
      ...accountClaims(session),
      chatgpt_account_is_fedramp: account.isFedramp,
      completed_platform_onboarding: true,
      is_org_owner: true,
      organization_id: organizationId(session),
      organizations: [{ id: organizationId(session), is_default: true, role: 'owner', title: 'Personal' }],
      project_id: `proj-${account.userId}`,
    },
  }
}

function accessClaims(session: EmulatedSession): JWTPayload {
  return {
    sub: session.account.userId,
    aud: ['https://api.openai.com/v1'],
    client_id: session.clientId,
    session_id: session.id,
    scp: session.scope.split(' '),
    'https://api.openai.com/profile': { email: session.account.email, email_verified: true },
    [authClaim]: accountClaims(session),
  }
}

/** Neither an account id nor a plan is in these (siwc 3). */
function planIdClaims({ account, clientId, id }: EmulatedSession): JWTPayload {
  const name = account.email.split('@')[0]
  return { sub: account.userId, aud: [clientId], sid: id, email: account.email, email_verified: true, name }
}

function planAccessClaims({ account, clientId, scope }: EmulatedSession): JWTPayload {
  return {
    sub: account.userId,
    aud: 'https://api.openai.com/v1',
    client_id: clientId,
    scope,
    [authClaim]: { per_user_salt: 'emulated', encrypted_auth_metadata: 'emulated' },
  }
}

const authClaim = 'https://api.openai.com/auth'

function accountClaims({ account }: EmulatedSession) {
  return {
    chatgpt_account_id: account.accountId,
    chatgpt_plan_type: account.planType,
    chatgpt_user_id: account.userId,
    user_id: account.userId,
  }
}

function organizationId({ account }: EmulatedSession): string {
  return `org-${account.userId}`
}

import type { EmulatorContext } from './context.js'

/** An authorization request that may be put before a person. */
export interface AuthorizationRequest {
  readonly clientId: string
  readonly redirectUri: string
  readonly scope: string
  readonly state: string | undefined
  readonly nonce: string | undefined
  readonly codeChallenge: string | undefined
  /** From `allowed_workspace_id`: comma-joined in one parameter (protocol 2.2). Empty when any will do. */
  readonly allowedAccountIds: readonly string[]
}

/** `show`: the redirect URI cannot be trusted, so the person is told and nobody is redirected (RFC 6749 4.1.2.1). */
export type ParsedAuthorization =
  | { readonly kind: 'request'; readonly request: AuthorizationRequest }
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'show'; readonly problem: string }

export interface RedirectRules {
  readonly context: EmulatorContext
  readonly redirectUris: readonly string[]
}

/** Checks the query of `/oauth/authorize` (protocol 2.2; RFC 6749 4.1.1; RFC 7636 4.3). */
export function parseAuthorizationRequest(url: URL, { context, redirectUris }: RedirectRules): ParsedAuthorization {
  const parameter = (name: string) => url.searchParams.get(name) ?? undefined
  const clientId = parameter('client_id')
  const redirectUri = parameter('redirect_uri')
  if (clientId === undefined) return { kind: 'show', problem: 'The client_id is missing.' }
  if (redirectUri === undefined || !URL.canParse(redirectUri))
    return { kind: 'show', problem: 'The redirect_uri is missing or no URL.' }
  const isRegistered =
    codexRedirect.test(redirectUri) || [`${url.origin}/deviceauth/callback`, ...redirectUris].includes(redirectUri)
  if (!isRegistered && context.isRuleOn('redirect-uri-registered'))
    return { kind: 'show', problem: `The redirect_uri ${redirectUri} is not registered for this client.` }

  const state = parameter('state')
  const refuse = (error: string, description: string): ParsedAuthorization => ({
    kind: 'redirect',
    location: redirectLocation(redirectUri, { error, error_description: description, state }),
  })
  const codeChallenge = parameter('code_challenge')
  if (parameter('response_type') !== 'code')
    return refuse('unsupported_response_type', 'Only response_type=code is served.')
  if (codeChallenge === undefined && context.isRuleOn('pkce-required'))
    return refuse('invalid_request', 'A code_challenge is required.')
  if (codeChallenge !== undefined && parameter('code_challenge_method') !== 'S256')
    return refuse('invalid_request', 'The code_challenge_method has to be S256.')
  return {
    kind: 'request',
    request: {
      clientId,
      redirectUri,
      scope: parameter('scope') ?? 'openid',
      state,
      nonce: parameter('nonce'),
      codeChallenge,
      allowedAccountIds: parameter('allowed_workspace_id')?.split(',') ?? [],
    },
  }
}

/** The two registered ports (protocol 1); 127.0.0.1 since 0.169, localhost before it (protocol 0.3). */
const codexRedirect = /^http:\/\/(?:127\.0\.0\.1|localhost):(?:1455|1457)\/auth\/callback$/

/** The redirect URI with what the client is told added to its query. */
export function redirectLocation(redirectUri: string, answer: Readonly<Record<string, string | undefined>>): string {
  const location = new URL(redirectUri)
  for (const [name, value] of Object.entries(answer)) if (value !== undefined) location.searchParams.set(name, value)
  return location.href
}

/**
 * The child looks at no store for a sign-in, so that none of the person's own is refreshed by it, or lost by several of them at once
 * (protocol 4.7, real-codex 16).
 */
export const keepsNothing = ['-c', 'cli_auth_credentials_store="ephemeral"'] as const

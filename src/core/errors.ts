/** What a program, or the person in front of it, can do about a failure. */
export type Remedy = 'retry' | 'sign-in' | 'fix-configuration' | 'wait' | 'report'

interface ErrorRow {
  readonly remedy: Remedy
  /** Said after what happened, when the thrower has nothing more exact to say. */
  readonly advice: string
}

/** Every code this package throws. A code never changes its meaning. */
export const errorTable = {
  ERR_CONFIG_USAGE: { remedy: 'fix-configuration', advice: 'See `planpass --help`.' },
  ERR_CONFIG_URL: {
    remedy: 'fix-configuration',
    advice: 'Use an https URL; plain http is accepted on loopback only.',
  },
  ERR_CONFIG_CLIENT_NAME: {
    remedy: 'fix-configuration',
    advice: 'Use the name of your own program, in printable ASCII.',
  },
  ERR_CONFIG_CA_BUNDLE: {
    remedy: 'fix-configuration',
    advice: 'Point the variable at a readable PEM file with at least one certificate, or unset it.',
  },
  ERR_CONFIG_PROXY: {
    remedy: 'fix-configuration',
    advice: 'Write it as http://host:port, or unset the variable.',
  },
  ERR_CONFIG_MISSING_PACKAGE: { remedy: 'fix-configuration', advice: 'Install the package it names.' },
  ERR_CONFIG_TOKEN_SOURCE: { remedy: 'fix-configuration', advice: 'Correct the settings of the token source.' },
  ERR_CONFIG_LISTEN: { remedy: 'fix-configuration', advice: 'Choose another one, or end the program that holds it.' },
  ERR_CONFIG_CLIENT: { remedy: 'fix-configuration', advice: 'Nothing was deleted.' },
  ERR_CONFIG_TERMS: { remedy: 'fix-configuration', advice: 'See `docs/which-route.md`.' },

  ERR_SIGN_IN_REQUIRED: { remedy: 'sign-in', advice: 'Run `planpass login`.' },
  ERR_SIGN_IN_EXPIRED: { remedy: 'sign-in', advice: 'Start the sign-in again.' },
  ERR_SIGN_IN_DENIED: { remedy: 'sign-in', advice: 'Start again and approve the code if it was you who asked.' },
  ERR_SIGN_IN_DEVICE_DISABLED: {
    remedy: 'fix-configuration',
    advice: 'Enable device code sign-in in ChatGPT under Settings, Security, or ask your admin.',
  },
  ERR_SIGN_IN_NOT_ALLOWED: {
    remedy: 'sign-in',
    advice: 'Nothing was deleted; sign in the way your configuration asks for.',
  },
  ERR_SIGN_IN_WRONG_ACCOUNT: { remedy: 'sign-in', advice: 'Sign in again with the account that was meant.' },
  ERR_SIGN_IN_PORT: {
    remedy: 'fix-configuration',
    advice: 'End the program that holds the port, or sign in with a device code.',
  },
  ERR_SIGN_IN_CANCELLED: { remedy: 'sign-in', advice: 'Start the sign-in again.' },
  ERR_SIGN_IN_PASTE: {
    remedy: 'sign-in',
    advice: 'Paste the whole address from the address bar.',
  },
  ERR_SIGN_IN_FAILED: { remedy: 'sign-in', advice: 'Start the sign-in again.' },
  ERR_SIGN_IN_IDENTITY: { remedy: 'sign-in', advice: 'Start the sign-in again.' },

  /** Thrown where nothing may refresh: any other use of the session renews the token, and no person is needed for it. */
  ERR_TOKEN_EXPIRED: { remedy: 'retry', advice: 'Run `planpass refresh`.' },
  ERR_TOKEN_REFRESH_EXPIRED: { remedy: 'sign-in', advice: 'Sign in again.' },
  ERR_TOKEN_REFRESH_REUSED: {
    remedy: 'sign-in',
    advice: 'Sign in again, and give each program a sign-in of its own.',
  },
  ERR_TOKEN_REFRESH_REVOKED: { remedy: 'sign-in', advice: 'Sign in again.' },
  ERR_TOKEN_REFRESH_REJECTED: { remedy: 'sign-in', advice: 'Sign in again.' },
  ERR_TOKEN_REFRESH_UNAVAILABLE: {
    remedy: 'retry',
    advice: 'Your sign-in is untouched; try again in a moment.',
  },
  ERR_TOKEN_NOT_REFRESHABLE: { remedy: 'sign-in', advice: 'Sign in again.' },
  ERR_TOKEN_ACCOUNT_MISMATCH: {
    remedy: 'sign-in',
    advice: 'Start a new session for the account that is signed in now.',
  },
  ERR_TOKEN_WRONG_ORIGIN: {
    remedy: 'fix-configuration',
    advice: 'A ChatGPT token is sent to its own backend only; check the URL.',
  },
  ERR_TOKEN_UNSUPPORTED_MODE: {
    remedy: 'sign-in',
    advice: 'planpass uses ChatGPT plans only and never falls back to a paid key; run `planpass login`.',
  },
  ERR_TOKEN_PLAN_DISABLED: { remedy: 'sign-in', advice: 'Sign in again and allow it.' },
  ERR_TOKEN_SOURCE_FAILED: { remedy: 'retry', advice: 'Check the program or service that hands out the token.' },
  ERR_TOKEN_NO_ACCOUNT: {
    remedy: 'fix-configuration',
    advice: 'Let the source name the account, or use its token where a plain bearer is enough.',
  },

  ERR_STORE_READ: { remedy: 'fix-configuration', advice: 'Check that the file is there and readable.' },
  ERR_STORE_CORRUPT: { remedy: 'sign-in', advice: 'Repair the file, or sign in again.' },
  ERR_STORE_WRITE: { remedy: 'fix-configuration', advice: 'Check free space and permissions. Nothing was changed.' },
  ERR_STORE_WRITE_AFTER_ROTATION: {
    remedy: 'fix-configuration',
    advice: 'The new token lives in this process alone: make the store writable before it ends.',
  },
  ERR_STORE_UNSAFE: {
    remedy: 'fix-configuration',
    advice: 'Make the file your own, or use one of your own.',
  },
  ERR_STORE_LOCKED: { remedy: 'wait', advice: 'Try again when that process is done, or end it if it hangs.' },
  ERR_STORE_LOCK_LOST: { remedy: 'retry', advice: 'This process slept for too long; try again.' },
  ERR_STORE_DECRYPT: {
    remedy: 'fix-configuration',
    advice: 'Use the passphrase or key it was encrypted with; nothing was changed.',
  },
  ERR_STORE_KEYRING_UNAVAILABLE: {
    remedy: 'fix-configuration',
    advice: 'Start the keyring of your system, or choose the file store or the encrypted file.',
  },
  ERR_STORE_KEYRING_LOCKED: { remedy: 'fix-configuration', advice: 'Unlock the keyring of your system and try again.' },
  ERR_STORE_KEYRING_TIMEOUT: {
    remedy: 'retry',
    advice: 'It may wait for you to unlock it; without a screen, choose the file store or the encrypted file.',
  },
  ERR_STORE_TOO_LARGE: {
    remedy: 'fix-configuration',
    advice: 'Choose the encrypted file, which keeps only its 32-byte key in the keyring.',
  },
  ERR_STORE_NOT_KEPT: {
    remedy: 'fix-configuration',
    advice: 'Choose the file store or the encrypted file.',
  },

  ERR_NETWORK_UNREACHABLE: { remedy: 'retry', advice: 'Check the connection and try again.' },
  ERR_NETWORK_TIMEOUT: { remedy: 'retry', advice: 'Try again.' },
  ERR_NETWORK_TLS: {
    remedy: 'fix-configuration',
    advice: 'If your network re-signs TLS, put its certificate authority into the file named by CODEX_CA_CERTIFICATE.',
  },
  ERR_NETWORK_PROXY: { remedy: 'fix-configuration', advice: 'Ask whoever runs the proxy.' },

  ERR_UPSTREAM_BAD_RESPONSE: { remedy: 'report', advice: 'The service may have changed; look for a newer planpass.' },
  ERR_UPSTREAM_UNAUTHORIZED: { remedy: 'sign-in', advice: 'Sign in again.' },
  ERR_UPSTREAM_EDGE_BLOCKED: {
    remedy: 'wait',
    advice: 'This is not about your sign-in: try from another network, or later.',
  },
  ERR_UPSTREAM_REGION: {
    remedy: 'fix-configuration',
    advice:
      'If you are where OpenAI is available, check which route your traffic takes: a proxy or VPN may end elsewhere.',
  },
  ERR_UPSTREAM_REDIRECT: { remedy: 'report', advice: 'Redirects are never followed with a token.' },
  ERR_UPSTREAM_REJECTED: { remedy: 'report', advice: 'Change the request; sending it again will not help.' },
  ERR_UPSTREAM_BAD_REQUEST: { remedy: 'fix-configuration', advice: 'Correct the request; it was not sent.' },
  ERR_UPSTREAM_UNSUPPORTED_FIELD: { remedy: 'fix-configuration', advice: 'Leave it out; nothing was sent.' },
  ERR_UPSTREAM_MODEL_NOT_AVAILABLE: {
    remedy: 'fix-configuration',
    advice: 'See `planpass models` for what you can use.',
  },
  ERR_UPSTREAM_CONTEXT_TOO_LONG: {
    remedy: 'fix-configuration',
    advice: 'Shorten the conversation, or use a model with a larger context window.',
  },
  ERR_UPSTREAM_CONTENT_POLICY: {
    remedy: 'fix-configuration',
    advice: 'Say it differently, or start a new conversation.',
  },
  ERR_UPSTREAM_USAGE_LIMIT: { remedy: 'wait', advice: 'See `planpass usage` for when it resets.' },
  ERR_UPSTREAM_RATE_LIMITED: { remedy: 'wait', advice: 'Slow down and try again.' },
  ERR_UPSTREAM_UNAVAILABLE: { remedy: 'retry', advice: 'Try again in a moment.' },
  ERR_UPSTREAM_STREAM_CUT: { remedy: 'retry', advice: 'What was received is incomplete; ask again.' },
  ERR_UPSTREAM_RESPONSE_FAILED: { remedy: 'retry', advice: 'Ask again.' },

  ERR_RPC_START: { remedy: 'fix-configuration', advice: 'Install @openai/codex, or name the program to start.' },
  ERR_RPC_CLOSED: { remedy: 'retry', advice: 'Connect again.' },
  ERR_RPC_TIMEOUT: { remedy: 'retry', advice: 'Try again, or connect again.' },
  ERR_RPC_REFUSED: { remedy: 'report', advice: 'Change the request; sending it again will not help.' },
  ERR_RPC_BAD_MESSAGE: { remedy: 'report', advice: 'Use a version of Codex that this package knows.' },
  ERR_RPC_OVERFLOW: { remedy: 'fix-configuration', advice: 'Read faster, or subscribe to less.' },
} as const satisfies Record<string, ErrorRow>

/** One of the codes in `errorTable`. */
export type ErrorCode = keyof typeof errorTable

/** What more there is to say of a failure. */
export interface AuthErrorDetails {
  readonly cause?: unknown
  /** Replaces the advice of the table. */
  readonly advice?: string
  /** How long the server asked us to wait. */
  readonly retryAfterMs?: number
  /** The server's id for the failed request, for its support. */
  readonly requestId?: string
}

const brand = Symbol.for('planpass.AuthError')

/** Every failure of this package: a stable `code`, what to do about it, and a message without secrets. */
export class AuthError extends Error {
  readonly code: ErrorCode
  /** What happened, in one sentence. */
  readonly summary: string
  /** What to do next, in one sentence. */
  readonly advice: string
  readonly remedy: Remedy
  declare readonly retryAfterMs?: number
  declare readonly requestId?: string

  constructor(code: ErrorCode, summary: string, details: AuthErrorDetails = {}) {
    const row = errorTable[code]
    const advice = details.advice ?? row.advice
    super(`${summary} ${advice}`, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'AuthError'
    this.code = code
    this.summary = summary
    this.advice = advice
    this.remedy = row.remedy
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs
    if (details.requestId !== undefined) this.requestId = details.requestId
    Object.defineProperty(this, brand, { value: true })
  }

  /** True when the same call may succeed later without anybody doing anything. */
  get retryable(): boolean {
    return this.remedy === 'retry' || this.remedy === 'wait'
  }
}

/** Recognises an `AuthError`, also one thrown by another copy of this package. */
export function isAuthError(error: unknown): error is AuthError {
  return typeof error === 'object' && error !== null && brand in error
}

/** True for the error of an aborted signal, which is never wrapped. */
export function isAbortError(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

import { expect, it } from 'vitest'
import { errorTable } from '../../src/core/index.js'

/** Programs decide by these. A code may be added; none is renamed, removed or given another remedy. */
const frozen = {
  ERR_CONFIG_USAGE: 'fix-configuration',
  ERR_CONFIG_URL: 'fix-configuration',
  ERR_CONFIG_CLIENT_NAME: 'fix-configuration',
  ERR_CONFIG_CA_BUNDLE: 'fix-configuration',
  ERR_CONFIG_PROXY: 'fix-configuration',
  ERR_CONFIG_MISSING_PACKAGE: 'fix-configuration',
  ERR_CONFIG_TOKEN_SOURCE: 'fix-configuration',
  ERR_CONFIG_LISTEN: 'fix-configuration',
  ERR_CONFIG_CLIENT: 'fix-configuration',
  ERR_CONFIG_TERMS: 'fix-configuration',
  ERR_SIGN_IN_REQUIRED: 'sign-in',
  ERR_SIGN_IN_EXPIRED: 'sign-in',
  ERR_SIGN_IN_DENIED: 'sign-in',
  ERR_SIGN_IN_DEVICE_DISABLED: 'fix-configuration',
  ERR_SIGN_IN_NOT_ALLOWED: 'sign-in',
  ERR_SIGN_IN_WRONG_ACCOUNT: 'sign-in',
  ERR_SIGN_IN_PORT: 'fix-configuration',
  ERR_SIGN_IN_CANCELLED: 'sign-in',
  ERR_SIGN_IN_PASTE: 'sign-in',
  ERR_SIGN_IN_FAILED: 'sign-in',
  ERR_SIGN_IN_IDENTITY: 'sign-in',
  ERR_TOKEN_EXPIRED: 'retry',
  ERR_TOKEN_REFRESH_EXPIRED: 'sign-in',
  ERR_TOKEN_REFRESH_REUSED: 'sign-in',
  ERR_TOKEN_REFRESH_REVOKED: 'sign-in',
  ERR_TOKEN_REFRESH_REJECTED: 'sign-in',
  ERR_TOKEN_REFRESH_UNAVAILABLE: 'retry',
  ERR_TOKEN_NOT_REFRESHABLE: 'sign-in',
  ERR_TOKEN_ACCOUNT_MISMATCH: 'sign-in',
  ERR_TOKEN_WRONG_ORIGIN: 'fix-configuration',
  ERR_TOKEN_UNSUPPORTED_MODE: 'sign-in',
  ERR_TOKEN_PLAN_DISABLED: 'sign-in',
  ERR_TOKEN_SOURCE_FAILED: 'retry',
  ERR_TOKEN_NO_ACCOUNT: 'fix-configuration',
  ERR_STORE_READ: 'fix-configuration',
  ERR_STORE_CORRUPT: 'sign-in',
  ERR_STORE_WRITE: 'fix-configuration',
  ERR_STORE_WRITE_AFTER_ROTATION: 'fix-configuration',
  ERR_STORE_UNSAFE: 'fix-configuration',
  ERR_STORE_LOCKED: 'wait',
  ERR_STORE_LOCK_LOST: 'retry',
  ERR_STORE_DECRYPT: 'fix-configuration',
  ERR_STORE_KEYRING_UNAVAILABLE: 'fix-configuration',
  ERR_STORE_KEYRING_LOCKED: 'fix-configuration',
  ERR_STORE_KEYRING_TIMEOUT: 'retry',
  ERR_STORE_TOO_LARGE: 'fix-configuration',
  ERR_STORE_NOT_KEPT: 'fix-configuration',
  ERR_NETWORK_UNREACHABLE: 'retry',
  ERR_NETWORK_TIMEOUT: 'retry',
  ERR_NETWORK_TLS: 'fix-configuration',
  ERR_NETWORK_PROXY: 'fix-configuration',
  ERR_UPSTREAM_BAD_RESPONSE: 'report',
  ERR_UPSTREAM_UNAUTHORIZED: 'sign-in',
  ERR_UPSTREAM_EDGE_BLOCKED: 'wait',
  ERR_UPSTREAM_REGION: 'fix-configuration',
  ERR_UPSTREAM_REDIRECT: 'report',
  ERR_UPSTREAM_REJECTED: 'report',
  ERR_UPSTREAM_BAD_REQUEST: 'fix-configuration',
  ERR_UPSTREAM_UNSUPPORTED_FIELD: 'fix-configuration',
  ERR_UPSTREAM_MODEL_NOT_AVAILABLE: 'fix-configuration',
  ERR_UPSTREAM_CONTEXT_TOO_LONG: 'fix-configuration',
  ERR_UPSTREAM_CONTENT_POLICY: 'fix-configuration',
  ERR_UPSTREAM_USAGE_LIMIT: 'wait',
  ERR_UPSTREAM_RATE_LIMITED: 'wait',
  ERR_UPSTREAM_UNAVAILABLE: 'retry',
  ERR_UPSTREAM_STREAM_CUT: 'retry',
  ERR_UPSTREAM_RESPONSE_FAILED: 'retry',
  ERR_RPC_START: 'fix-configuration',
  ERR_RPC_CLOSED: 'retry',
  ERR_RPC_TIMEOUT: 'retry',
  ERR_RPC_REFUSED: 'report',
  ERR_RPC_BAD_MESSAGE: 'report',
  ERR_RPC_OVERFLOW: 'fix-configuration',
}

it('keeps every error code and what can be done about it', () => {
  const remedies = Object.fromEntries(Object.entries(errorTable).map(([code, { remedy }]) => [code, remedy]))
  expect(remedies).toEqual(frozen)
})

it('gives every code an area that has an exit code, and an advice that is a sentence', () => {
  for (const [code, { advice }] of Object.entries(errorTable)) {
    expect(code).toMatch(/^ERR_(CONFIG|SIGN_IN|TOKEN|STORE|NETWORK|UPSTREAM|RPC)_[A-Z_]+$/)
    expect(advice).toMatch(/^([A-Z]|planpass ).*\.$/)
  }
})

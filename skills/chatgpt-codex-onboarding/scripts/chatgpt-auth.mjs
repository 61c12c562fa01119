// Made by tools/bundle-skill.mjs of planpass (MIT). Do not edit.
var __defProp = Object.defineProperty
var __getOwnPropNames = Object.getOwnPropertyNames
var __esm = (fn, res, err) =>
  function __init() {
    if (err) throw err[0]
    try {
      return (fn && (res = (0, fn[__getOwnPropNames(fn)[0]])((fn = 0))), res)
    } catch (e) {
      throw ((err = [e]), e)
    }
  }
var __export = (target, all) => {
  for (var name in all) __defProp(target, name, { get: all[name], enumerable: true })
}

// src/core/errors.ts
function isAuthError(error) {
  return typeof error === 'object' && error !== null && brand in error
}
function isAbortError(error) {
  return error instanceof Error && error.name === 'AbortError'
}
var errorTable, brand, AuthError
var init_errors = __esm({
  'src/core/errors.ts'() {
    'use strict'
    errorTable = {
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
      ERR_CONFIG_LISTEN: {
        remedy: 'fix-configuration',
        advice: 'Choose another one, or end the program that holds it.',
      },
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
      ERR_STORE_WRITE: {
        remedy: 'fix-configuration',
        advice: 'Check free space and permissions. Nothing was changed.',
      },
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
      ERR_STORE_KEYRING_LOCKED: {
        remedy: 'fix-configuration',
        advice: 'Unlock the keyring of your system and try again.',
      },
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
        advice:
          'If your network re-signs TLS, put its certificate authority into the file named by CODEX_CA_CERTIFICATE.',
      },
      ERR_NETWORK_PROXY: { remedy: 'fix-configuration', advice: 'Ask whoever runs the proxy.' },
      ERR_UPSTREAM_BAD_RESPONSE: {
        remedy: 'report',
        advice: 'The service may have changed; look for a newer planpass.',
      },
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
    }
    brand = /* @__PURE__ */ Symbol.for('planpass.AuthError')
    AuthError = class extends Error {
      code
      /** What happened, in one sentence. */
      summary
      /** What to do next, in one sentence. */
      advice
      remedy
      constructor(code, summary, details = {}) {
        const row = errorTable[code]
        const advice2 = details.advice ?? row.advice
        super(`${summary} ${advice2}`, details.cause === void 0 ? void 0 : { cause: details.cause })
        this.name = 'AuthError'
        this.code = code
        this.summary = summary
        this.advice = advice2
        this.remedy = row.remedy
        if (details.retryAfterMs !== void 0) this.retryAfterMs = details.retryAfterMs
        if (details.requestId !== void 0) this.requestId = details.requestId
        Object.defineProperty(this, brand, { value: true })
      }
      /** True when the same call may succeed later without anybody doing anything. */
      get retryable() {
        return this.remedy === 'retry' || this.remedy === 'wait'
      }
    }
  },
})

// src/core/secret.ts
async function fingerprint(secret) {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret.reveal()))
  return Array.from(new Uint8Array(digest, 0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
var Secret
var init_secret = __esm({
  'src/core/secret.ts'() {
    'use strict'
    Secret = class {
      #value
      constructor(value) {
        this.#value = value
      }
      /** The plain value: call it where it goes on the wire or into the store, nowhere else. */
      reveal() {
        return this.#value
      }
      equals(other) {
        return other !== void 0 && this.#value === other.reveal()
      }
      toString() {
        return '[redacted]'
      }
      toJSON() {
        return '[redacted]'
      }
      [/* @__PURE__ */ Symbol.for('nodejs.util.inspect.custom')]() {
        return '[redacted]'
      }
    }
  },
})

// src/core/clock.ts
var longestTimerMs, systemClock
var init_clock = __esm({
  'src/core/clock.ts'() {
    'use strict'
    longestTimerMs = 2 ** 31 - 1
    systemClock = {
      now: () => Date.now(),
      sleep: (milliseconds, signal) =>
        new Promise((resolve3, reject) => {
          signal?.throwIfAborted()
          const stop = () => {
            clearTimeout(timer)
            reject(signal?.reason)
          }
          const timer = setTimeout(
            () => {
              signal?.removeEventListener('abort', stop)
              resolve3()
            },
            Math.min(milliseconds, longestTimerMs),
          )
          signal?.addEventListener('abort', stop, { once: true })
        }),
    }
  },
})

// src/core/expiry.ts
function dueReason(credential, nowMs, windowMs = defaultRefreshWindowMs) {
  const { expiresAtMs, lastRefreshMs } = credential
  if (expiresAtMs !== void 0)
    return expiresAtMs <= nowMs + usableWindow(credential, windowMs) ? 'proactive_expiry' : void 0
  const isOld = lastRefreshMs !== void 0 && lastRefreshMs + opaqueTokenAgeMs < nowMs
  return isOld ? 'scheduled' : void 0
}
function usableWindow({ expiresAtMs, issuedAtMs }, windowMs) {
  if (expiresAtMs === void 0 || issuedAtMs === void 0 || issuedAtMs >= expiresAtMs) return windowMs
  return Math.min(windowMs, (expiresAtMs - issuedAtMs) / 2)
}
function isExpired(credential, nowMs) {
  return credential.expiresAtMs !== void 0 && credential.expiresAtMs <= nowMs
}
var defaultRefreshWindowMs, opaqueTokenAgeMs
var init_expiry = __esm({
  'src/core/expiry.ts'() {
    'use strict'
    defaultRefreshWindowMs = 5 * 60 * 1e3
    opaqueTokenAgeMs = 8 * 24 * 60 * 60 * 1e3
  },
})

// src/core/logger.ts
var silentLogger
var init_logger = __esm({
  'src/core/logger.ts'() {
    'use strict'
    silentLogger = { debug: () => {}, warn: () => {} }
  },
})

// src/core/base64url.ts
function encodeBase64Url(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
function decodeBase64Url(text) {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = new Uint8Array(binary.length)
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index)
  return bytes
}
function randomBase64Url(byteLength) {
  return encodeBase64Url(crypto.getRandomValues(new Uint8Array(byteLength)))
}
var init_base64url = __esm({
  'src/core/base64url.ts'() {
    'use strict'
  },
})

// src/core/json.ts
function isJsonObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
function parseJsonObject(text) {
  try {
    const value = JSON.parse(text)
    return isJsonObject(value) ? value : void 0
  } catch {
    return void 0
  }
}
function readString(object, key) {
  const value = object?.[key]
  return typeof value === 'string' ? value : void 0
}
function readNumber(object, key) {
  const value = object?.[key]
  return typeof value === 'number' && Number.isFinite(value) ? value : void 0
}
function readObject(object, key) {
  const value = object?.[key]
  return isJsonObject(value) ? value : void 0
}
var init_json = __esm({
  'src/core/json.ts'() {
    'use strict'
  },
})

// src/core/claims.ts
function decodeClaims(token) {
  const parts = token.split('.')
  const payload = parts[1]
  if (parts.length !== 3 || payload === void 0 || parts.includes('')) return void 0
  try {
    return parseJsonObject(new TextDecoder().decode(decodeBase64Url(payload)))
  } catch {
    return void 0
  }
}
function readLifetime(token) {
  const claims = decodeClaims(token)
  const issuedAt = readNumber(claims, 'iat')
  const expiresAt = readNumber(claims, 'exp')
  return {
    ...(issuedAt !== void 0 && { issuedAtMs: issuedAt * 1e3 }),
    ...(expiresAt !== void 0 && { expiresAtMs: expiresAt * 1e3 }),
  }
}
function readIdentity(claims) {
  const auth = readObject(claims, 'https://api.openai.com/auth')
  const profile = readObject(claims, 'https://api.openai.com/profile')
  const email = readString(claims, 'email') ?? readString(profile, 'email')
  const planType = readString(auth, 'chatgpt_plan_type')
  const userId = readString(auth, 'chatgpt_user_id') ?? readString(auth, 'user_id')
  const accountId = readString(auth, 'chatgpt_account_id')
  return {
    ...(email !== void 0 && { email }),
    ...(planType !== void 0 && { planType }),
    ...(userId !== void 0 && { userId }),
    ...(accountId !== void 0 && { accountId }),
    isFedramp: auth?.['chatgpt_account_is_fedramp'] === true,
  }
}
var init_claims = __esm({
  'src/core/claims.ts'() {
    'use strict'
    init_base64url()
    init_json()
  },
})

// src/core/credential.ts
function withRefreshedTokens(current, tokens, nowMs) {
  const { issuedAtMs: _issuedAtMs, expiresAtMs: _expiresAtMs, ...rest } = current
  const accessToken = tokens.accessToken ?? current.accessToken
  const idToken = tokens.idToken ?? current.idToken
  return {
    ...rest,
    idToken,
    accessToken,
    ...(tokens.refreshToken && { refreshToken: tokens.refreshToken }),
    lastRefreshMs: nowMs,
    ...derivedFrom(idToken, accessToken, current.mode),
  }
}
function derivedFrom(idToken, accessToken, mode) {
  const claims = decodeClaims(idToken.reveal())
  const identity = readIdentity(claims)
  const userId = mode === 'siwc' ? readString(claims, 'sub') : void 0
  return { identity: userId ? { ...identity, userId } : identity, ...readLifetime(accessToken.reveal()) }
}
function isSameAccount(one, other) {
  const [userId, otherUserId] = [one.identity.userId, other.identity.userId]
  const isSamePerson = userId === void 0 || otherUserId === void 0 || userId === otherUserId
  const isSameClient = one.mode === 'chatgpt' || one.provenance?.clientId === other.provenance?.clientId
  return isSamePerson && isSameClient && one.mode === other.mode && one.accountId === other.accountId
}
var init_credential = __esm({
  'src/core/credential.ts'() {
    'use strict'
    init_claims()
    init_json()
  },
})

// src/core/url.ts
function isLoopback(url) {
  return loopbackHosts.has(url.hostname)
}
function parseServiceUrl(text, name) {
  const url = URL.canParse(text) && !/\s/.test(text) ? new URL(text) : void 0
  if (!url) throw new AuthError('ERR_CONFIG_URL', `${name} is not a URL.`)
  const isSecure = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))
  if (!isSecure) throw new AuthError('ERR_CONFIG_URL', `${name} does not use https.`)
  if (url.username || url.password || /[?#]/.test(text)) {
    throw new AuthError('ERR_CONFIG_URL', `${name} carries credentials, a query or a fragment.`, {
      advice: 'Give the address alone.',
    })
  }
  return url
}
function trimTrailingSlashes(text) {
  return text.replace(/\/+$/, '')
}
var loopbackHosts
var init_url = __esm({
  'src/core/url.ts'() {
    'use strict'
    init_errors()
    loopbackHosts = /* @__PURE__ */ new Set(['127.0.0.1', '[::1]', 'localhost'])
  },
})

// src/core/auth-file.ts
function parseAuthFile(text) {
  const file = parseJsonObject(text)
  if (!file) throw corrupt('it is not a JSON object')
  const mode = readMode(file)
  const document = new Secret(text)
  if (mode !== 'chatgpt' && mode !== 'siwc') return { mode, document }
  const tokens = file['tokens'] ?? void 0
  if (tokens === void 0) return void 0
  const tokensObject = readObject(file, 'tokens')
  if (!tokensObject) throw corrupt('`tokens` is not an object')
  return parseChatgpt(mode, file, tokensObject, document)
}
function readMode(file) {
  const named = file['auth_mode'] ?? void 0
  if (named !== void 0) {
    const mode = typeof named === 'string' && Object.hasOwn(modes, named) ? modes[named] : void 0
    if (!mode) throw corrupt('`auth_mode` is not a mode we know')
    return mode
  }
  if (isPresent(file['personal_access_token'])) return 'personalAccessToken'
  if (isPresent(file['bedrock_api_key']) || isPresent(file['bedrock_access_keys'])) return 'bedrock'
  if (isPresent(file['OPENAI_API_KEY'])) return 'apikey'
  return 'chatgpt'
}
function parseChatgpt(mode, file, tokens, document) {
  const idToken = new Secret(requireString(tokens, 'id_token'))
  if (!decodeClaims(idToken.reveal())) throw corrupt('`tokens.id_token` is not a JWT')
  const accessToken = new Secret(requireString(tokens, 'access_token'))
  const refreshToken = requireString(tokens, 'refresh_token')
  const accountId = optionalString(tokens, 'account_id')
  const loginOwnerId = optionalString(tokens, 'login_owner_id')
  const provenance = parseProvenance(tokens)
  const lastRefreshMs = parseLastRefresh(file)
  return {
    mode,
    idToken,
    accessToken,
    ...(refreshToken !== '' && { refreshToken: new Secret(refreshToken) }),
    ...(accountId !== void 0 && { accountId }),
    ...(loginOwnerId !== void 0 && { loginOwnerId }),
    ...(provenance && { provenance }),
    ...(lastRefreshMs !== void 0 && { lastRefreshMs }),
    ...derivedFrom(idToken, accessToken, mode),
    document,
  }
}
function parseProvenance(tokens) {
  if (!isPresent(tokens['oauth_provenance'])) return void 0
  const provenance = readObject(tokens, 'oauth_provenance')
  const issuer = readString(provenance, 'issuer')
  const clientId = readString(provenance, 'client_id')
  if (issuer === void 0 || clientId === void 0) throw corrupt('`tokens.oauth_provenance` is incomplete')
  requireIssuer(issuer)
  return { issuer, clientId }
}
function requireIssuer(issuer) {
  try {
    parseServiceUrl(issuer, 'The issuer')
  } catch {
    throw corrupt('`tokens.oauth_provenance.issuer` is not an https URL')
  }
}
function parseLastRefresh(file) {
  const text = optionalString(file, 'last_refresh')
  if (text === void 0) return void 0
  const milliseconds = rfc3339.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(milliseconds)) throw corrupt('`last_refresh` is not an RFC 3339 time')
  return milliseconds
}
function serializeAuthFile(credential) {
  const document = parseJsonObject(credential.document?.reveal() ?? '{}') ?? {}
  const file = { auth_mode: credential.mode, OPENAI_API_KEY: null, ...document }
  file['auth_mode'] = credential.mode
  file['tokens'] = serializeTokens(credential, readObject(document, 'tokens'))
  if (credential.lastRefreshMs !== void 0) {
    file['last_refresh'] = sameInstant(document['last_refresh'], credential.lastRefreshMs)
  }
  return JSON.stringify(file, void 0, 2)
}
function serializeTokens(credential, stored) {
  const { provenance } = credential
  const storedProvenance = readObject(stored, 'oauth_provenance')
  const known = {
    id_token: credential.idToken.reveal(),
    access_token: credential.accessToken.reveal(),
    refresh_token: credential.refreshToken?.reveal() ?? '',
    ...(provenance && {
      oauth_provenance: { ...storedProvenance, issuer: provenance.issuer, client_id: provenance.clientId },
    }),
    ...(credential.loginOwnerId !== void 0 && { login_owner_id: credential.loginOwnerId }),
    account_id: credential.accountId ?? null,
  }
  return { ...known, ...stored, ...known }
}
function sameInstant(stored, milliseconds) {
  const isUnchanged = typeof stored === 'string' && Date.parse(stored) === milliseconds
  return isUnchanged ? stored : new Date(milliseconds).toISOString()
}
function isPresent(value) {
  return value !== void 0 && value !== null
}
function requireString(tokens, member) {
  const value = readString(tokens, member)
  if (value === void 0) throw corrupt(`\`tokens.${member}\` is missing or not a string`)
  return value
}
function optionalString(object, member) {
  if (!isPresent(object[member])) return void 0
  const value = readString(object, member)
  if (value === void 0) throw corrupt(`\`${member}\` is not a string`)
  return value
}
function corrupt(why) {
  return new AuthError('ERR_STORE_CORRUPT', `The stored credential cannot be read: ${why}.`)
}
var modes, rfc3339
var init_auth_file = __esm({
  'src/core/auth-file.ts'() {
    'use strict'
    init_claims()
    init_credential()
    init_errors()
    init_json()
    init_secret()
    init_url()
    modes = {
      chatgpt: 'chatgpt',
      chatgptAuthTokens: 'chatgpt',
      // Ours alone: whoever does not know it leaves the file alone.
      siwc: 'siwc',
      apikey: 'apikey',
      personalAccessToken: 'personalAccessToken',
      agentIdentity: 'agentIdentity',
      bedrockApiKey: 'bedrock',
      bedrockAccessKeys: 'bedrock',
    }
    rfc3339 = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i
  },
})

// src/core/providers/codex.ts
function createCodexProvider(overrides = {}) {
  const { issuer, backendUrl, clientId } = overrides
  if (issuer !== void 0) parseServiceUrl(issuer, 'The issuer')
  if (backendUrl !== void 0) parseServiceUrl(backendUrl, 'The backend URL')
  return {
    ...codexProvider,
    ...(issuer !== void 0 && { issuer }),
    ...(backendUrl !== void 0 && { backendUrl: trimTrailingSlashes(backendUrl) }),
    ...(clientId !== void 0 && { clientId }),
  }
}
function endpointsOf(issuer) {
  const base = trimTrailingSlashes(issuer)
  return {
    authorize: `${base}/oauth/authorize`,
    token: `${base}/oauth/token`,
    revoke: `${base}/oauth/revoke`,
    deviceUserCode: `${base}/api/accounts/deviceauth/usercode`,
    deviceToken: `${base}/api/accounts/deviceauth/token`,
    devicePage: `${base}/codex/device`,
    deviceRedirect: `${base}/deviceauth/callback`,
  }
}
var codexProvider
var init_codex = __esm({
  'src/core/providers/codex.ts'() {
    'use strict'
    init_url()
    codexProvider = {
      name: 'codex',
      mode: 'chatgpt',
      issuer: 'https://auth.openai.com',
      clientId: 'app_EMoamEEZ73f0CkXaXp7hrann',
      scope: 'openid profile email offline_access api.connectors.read api.connectors.invoke',
      backendUrl: 'https://chatgpt.com/backend-api',
    }
  },
})

// src/core/client-identity.ts
function createClientIdentity(name = packageName, version2 = packageVersion) {
  if (!headerWords.test(name) || !/^[\x21-\x7e]+$/.test(version2)) {
    throw new AuthError(
      'ERR_CONFIG_CLIENT_NAME',
      'The client name or its version is empty or cannot stand in a header.',
    )
  }
  if (firstPartyName.test(name)) {
    throw new AuthError('ERR_CONFIG_CLIENT_NAME', `The client name "${name}" belongs to another product.`)
  }
  const own = `${packageName}/${packageVersion}`
  const product = `${name.replaceAll(' ', '-')}/${version2}`
  return { originator: name, userAgent: product === own ? own : `${product} ${own}` }
}
function identityHeaders(identity) {
  return { originator: identity.originator, 'user-agent': identity.userAgent }
}
var packageName, packageVersion, firstPartyName, headerWords
var init_client_identity = __esm({
  'src/core/client-identity.ts'() {
    'use strict'
    init_errors()
    packageName = 'planpass'
    packageVersion = '0.1.0'
    firstPartyName = /^(codex(?![a-z0-9])|chatgpt|openai)/i
    headerWords = /^(?!.*\/)[\x21-\x7e]+( [\x21-\x7e]+)*$/
  },
})

// src/core/to-one-safe-line.ts
function toOneSafeLine(text) {
  return text
    .replaceAll(/[\w.~+/=-]{24,}/g, (run) => (/^((_v\d_|[a-z_./-])+|[A-Z_]+)$/.test(run) ? run : '[redacted]'))
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, 300)
}
var init_to_one_safe_line = __esm({
  'src/core/to-one-safe-line.ts'() {
    'use strict'
  },
})

// src/core/network-failure.ts
function toNetworkError(error, url, signal) {
  const isTimeout = error instanceof Error && error.name === 'TimeoutError'
  const isReason = signal?.aborted && error === signal.reason && !isTimeout
  if (isAbortError(error) || isAuthError(error) || isReason) return error
  const host = URL.canParse(url) ? new URL(url).host : 'The server'
  if (isTimeout) {
    return new AuthError('ERR_NETWORK_TIMEOUT', `${host} did not answer in time.`, { cause: error })
  }
  const causes = causesOf(error)
  const words = causes.map((cause) => toOneSafeLine(inWords(cause))).filter(Boolean)
  if (words.length > 1 && words[0] === 'fetch failed') words.shift()
  const reason = words.length > 0 ? ` (${[...new Set(words)].join(': ')})` : ''
  return new AuthError(codeFor(causes), `${host} could not be reached${reason}.`, { cause: error })
}
async function readText(response, signal) {
  try {
    return await response.text()
  } catch (error) {
    throw toNetworkError(error, response.url, signal)
  }
}
function codeFor(causes) {
  const codes2 = causes.map(codeOf).join(' ')
  if (/TIMED?OUT/.test(codes2)) return 'ERR_NETWORK_TIMEOUT'
  return /CERT|SIGNATURE|ERR_(TLS|SSL)_|EPROTO\b/.test(codes2) ? 'ERR_NETWORK_TLS' : 'ERR_NETWORK_UNREACHABLE'
}
function inWords(cause) {
  const code = codeOf(cause)
  if (cause.message.includes(code)) return cause.message
  return cause.message ? `${cause.message} [${code}]` : code
}
function codeOf(cause) {
  const code = Reflect.get(cause, 'code')
  return typeof code === 'string' ? code : ''
}
function causesOf(error) {
  const chain = []
  for (let cause = error; cause instanceof Error && chain.length < 5; cause = cause.cause) chain.push(cause)
  return chain
}
var platformFetch
var init_network_failure = __esm({
  'src/core/network-failure.ts'() {
    'use strict'
    init_errors()
    init_to_one_safe_line()
    platformFetch = (input, init) => globalThis.fetch(input, init)
  },
})

// src/core/failed-response.ts
async function readFailedResponse(response) {
  const body = (await readText(response)).slice(0, maximumBodyCharacters)
  rejectEdgeBlock(response, body)
  const json = parseJsonObject(body)
  const error = readObject(json, 'error')
  const code = readString(json, 'error') ?? readString(error, 'code') ?? readString(json, 'code')
  const type = readString(error, 'type')
  const detail =
    readString(json, 'error_description') ||
    readString(error, 'message') ||
    readString(json, 'detail') ||
    readString(json, 'error') ||
    (json ? void 0 : body.trim())
  const retryAfterMs = readRetryAfter(response)
  const requestId = readRequestId(response)
  return {
    status: response.status,
    ...(code !== void 0 && { code: toOneSafeLine(code).toLowerCase() }),
    ...(type !== void 0 && { type: toOneSafeLine(type).toLowerCase() }),
    ...(detail && { detail: toOneSafeLine(detail) }),
    body,
    ...(retryAfterMs !== void 0 && { retryAfterMs }),
    ...(requestId !== void 0 && { requestId }),
  }
}
function describeFailure(failed) {
  const detail = failed.detail ?? failed.code
  return detail === void 0 ? `status ${failed.status}` : `status ${failed.status}: ${detail}`
}
function rejectEdgeBlock(response, body) {
  const isChallenge = response.headers.has('cf-mitigated')
  const isPage = (response.status === 401 || response.status === 403) && /^\s*<(!doctype|html)/i.test(body)
  if (!isChallenge && !isPage) return
  const ray = response.headers.get('cf-ray')
  throw new AuthError(
    'ERR_UPSTREAM_EDGE_BLOCKED',
    `The network edge in front of the service refused the request${ray ? ` (ray ${toOneSafeLine(ray)})` : ''}.`,
  )
}
function readRetryAfter(response) {
  const text = response.headers.get('retry-after')
  return text !== null && /^\d{1,6}$/.test(text) ? Number(text) * 1e3 : void 0
}
function readRequestId(response) {
  const { headers } = response
  const id = headers.get('x-request-id') ?? headers.get('x-openai-request-id') ?? headers.get('cf-ray')
  if (id === null) return void 0
  return /^(req_)?[\da-f-]{1,64}$/i.test(id) ? id : toOneSafeLine(id).slice(0, 128)
}
var maximumBodyCharacters
var init_failed_response = __esm({
  'src/core/failed-response.ts'() {
    'use strict'
    init_errors()
    init_json()
    init_network_failure()
    init_to_one_safe_line()
    maximumBodyCharacters = 64 * 1024
  },
})

// src/core/failure-table.ts
function classifyFailure(rows, failed, details = {}) {
  const row = [...commonFailures, ...rows].find((candidate) => fits(candidate, failed))
  if (!row) throw new TypeError('A failure table needs a last row that fits everything.')
  const summary = row.quotes ? `${row.summary} (${describeFailure(failed)}).` : `${row.summary}.`
  return new AuthError(row.code, summary, {
    ...(row.advice !== void 0 && { advice: row.advice }),
    ...(failed.requestId !== void 0 && { requestId: failed.requestId }),
    ...(failed.retryAfterMs !== void 0 && { retryAfterMs: failed.retryAfterMs }),
    ...details,
  })
}
function fits({ named, status: status2, saying }, failed) {
  if (named !== void 0 && named !== failed.code && named !== failed.type) return false
  if (status2 !== void 0 && !isStatus(status2, failed.status)) return false
  return saying === void 0 || saying.test(failed.detail ?? '')
}
function isStatus(expected, status2) {
  return typeof expected === 'number' ? status2 === expected : status2 >= expected.from && status2 <= expected.to
}
var commonFailures
var init_failure_table = __esm({
  'src/core/failure-table.ts'() {
    'use strict'
    init_errors()
    init_failed_response()
    commonFailures = [
      {
        named: 'unsupported_country_region_territory',
        code: 'ERR_UPSTREAM_REGION',
        summary: 'OpenAI does not serve the country or region this request came from',
      },
    ]
  },
})

// src/core/wait-for.ts
async function waitFor(work, signal) {
  if (!signal) return work()
  signal.throwIfAborted()
  const result = work()
  return new Promise((resolve3, reject) => {
    const stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    void result.then(resolve3, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
var init_wait_for = __esm({
  'src/core/wait-for.ts'() {
    'use strict'
  },
})

// src/core/store.ts
function createTurns() {
  let last = Promise.resolve()
  return (turn, signal) => {
    const before = last
    const mine = waitFor(() => before, signal).then(() => turn())
    last = Promise.allSettled([before, mine]).then(() => void 0)
    return mine
  }
}
var init_store = __esm({
  'src/core/store.ts'() {
    'use strict'
    init_wait_for()
  },
})

// src/core/refresh-verdicts.ts
function createMemoryVerdicts() {
  const verdicts2 = /* @__PURE__ */ new Map()
  return {
    recall: async (tokenFingerprint) => verdicts2.get(tokenFingerprint),
    remember: async (tokenFingerprint, verdict) => void verdicts2.set(tokenFingerprint, verdict),
    isEmpty: async () => verdicts2.size === 0,
  }
}
async function recallVerdict(verdicts2, token) {
  if (await verdicts2.isEmpty?.()) return void 0
  return verdicts2.recall(await fingerprint(token))
}
async function rememberVerdict(verdicts2, token, error, nowMs) {
  await verdicts2.remember(await fingerprint(token), { code: error.code, atMs: nowMs })
}
var init_refresh_verdicts = __esm({
  'src/core/refresh-verdicts.ts'() {
    'use strict'
    init_secret()
  },
})

// src/core/discard-body.ts
function discardBody(response) {
  void response.body?.cancel().catch(() => void 0)
}
var init_discard_body = __esm({
  'src/core/discard-body.ts'() {
    'use strict'
  },
})

// src/core/request-signature.ts
function createSigner({ provider, identity }) {
  const signatures = /* @__PURE__ */ new WeakMap()
  return (credential) => {
    let signature = signatures.get(credential)
    if (!signature) {
      assertIssuer(credential, provider)
      signature = createSignature(credential, provider.ways ? {} : identityHeaders(identity))
      signatures.set(credential, signature)
    }
    return signature
  }
}
function assertIssuer(credential, provider) {
  const backend = new URL(provider.backendUrl)
  const issuer = new URL(credential.provenance?.issuer ?? provider.issuer)
  if (isLoopback(issuer) !== isLoopback(backend)) {
    throw new AuthError('ERR_TOKEN_WRONG_ORIGIN', `A token of ${issuer.host} is not for ${backend.host}.`)
  }
}
function createSignature(credential, names) {
  const headers = new Headers(names)
  try {
    headers.set('authorization', `Bearer ${credential.accessToken.reveal()}`)
    if (credential.accountId !== void 0) headers.set('chatgpt-account-id', credential.accountId)
  } catch {
    throw new AuthError('ERR_STORE_CORRUPT', 'The stored access token or account id cannot stand in a header.')
  }
  if (credential.identity?.isFedramp) headers.set('x-openai-fedramp', 'true')
  return headers
}
var init_request_signature = __esm({
  'src/core/request-signature.ts'() {
    'use strict'
    init_client_identity()
    init_errors()
    init_url()
  },
})

// src/core/authorized-fetch.ts
function createAuthorizedFetch(options2) {
  const { backendUrl, ways } = options2.provider
  const backend = parseServiceUrl(backendUrl, 'The backend URL')
  const paths = ways && Object.values(ways.paths).map((path) => backendUrl + path)
  const signatureOf = createSigner(options2)
  async function send(credential, input, init) {
    const given2 = init.headers ?? (input instanceof Request ? input.headers : void 0)
    const headers = sign(signatureOf(credential), given2)
    try {
      return rejectRedirect(await options2.fetch(input, { ...init, headers, redirect: 'manual' }))
    } catch (error) {
      throw toNetworkError(error, backend.href, signalOf(input, init))
    }
  }
  return async (input, init = {}) => {
    assertAudience(new URL(input instanceof Request ? input.url : input), backend, paths)
    const signal = signalOf(input, init)
    let credential = await options2.credential(signal)
    let response = await send(credential, input, init)
    if (response.status !== 401 || !options2.startRecovery || !isReplayable(input, init)) return response
    const recover2 = options2.startRecovery()
    do {
      const rejected = credential
      const next = await waitFor(() => recover2(rejected), signal).catch((error) => {
        discardBody(response)
        throw error
      })
      if (!next) break
      discardBody(response)
      credential = next
      response = await send(credential, input, init)
    } while (response.status === 401)
    return response
  }
}
function signalOf(input, init) {
  return init.signal ?? (input instanceof Request ? input.signal : void 0)
}
function assertAudience(url, backend, paths) {
  const isServed = !paths || paths.includes(url.origin + url.pathname)
  if (url.origin !== backend.origin || url.username || url.password || !isServed) {
    throw new AuthError('ERR_TOKEN_WRONG_ORIGIN', `A ChatGPT token is not for ${url.host}.`)
  }
}
function sign(signature, given2) {
  const headers = new Headers(given2)
  signature.forEach((value, name) => headers.set(name, value))
  return headers
}
function rejectRedirect(response) {
  const isRedirect =
    response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400 && response.status !== 304)
  if (!isRedirect) return response
  discardBody(response)
  throw new AuthError('ERR_UPSTREAM_REDIRECT', 'The backend answered with a redirect.')
}
function isReplayable(input, init) {
  const body = init.body ?? (input instanceof Request ? input.body : void 0)
  if (typeof body !== 'object' || body === null) return true
  return !(body instanceof ReadableStream) && !(Symbol.asyncIterator in body)
}
var init_authorized_fetch = __esm({
  'src/core/authorized-fetch.ts'() {
    'use strict'
    init_discard_body()
    init_errors()
    init_network_failure()
    init_request_signature()
    init_url()
    init_wait_for()
  },
})

// src/core/credential-supply.ts
function createCredentialSupply(options2) {
  const { rotation, watch: watch2, clock, serverClock, logger, refreshWindowMs } = options2
  let refreshing
  let retryAtMs = 0
  const isAlive = (credential) => !isExpired(credential, serverClock.now())
  async function refresh3(seen, reason) {
    const others = refreshing
    refreshing ??= rotateAndHold(seen, reason)
    const credential = await refreshing
    return others && credential.accessToken.equals(seen.accessToken) ? refresh3(seen, reason) : credential
  }
  async function rotateAndHold(seen, reason) {
    try {
      return watch2.hold(await rotation.rotate(seen, reason))
    } finally {
      refreshing = void 0
      const unsaved = rotation.unsaved()
      if (unsaved) watch2.hold(unsaved)
    }
  }
  async function current() {
    if (rotation.unsaved()) await rotation.persistUnsaved()
    const credential = watch2.fresh() ?? (await lookOrKeep())
    const reason = dueReason(credential, serverClock.now(), refreshWindowMs)
    return reason ? refreshOrKeep(credential, reason) : credential
  }
  async function refreshOrKeep(credential, reason) {
    const isGood = isAlive(credential)
    if (isGood && (!credential.refreshToken || clock.now() < retryAtMs)) return credential
    try {
      const patience = isGood ? AbortSignal.timeout(patienceMs) : void 0
      return await waitFor(() => refresh3(credential, reason), patience)
    } catch (error) {
      const kept = rotation.unsaved() ?? credential
      if (!isAlive(kept)) throw error
      const askedMs = (isAuthError(error) && error.retryAfterMs) || 0
      retryAtMs = clock.now() + Math.max(retryPauseMs, askedMs)
      logger.warn(`The token is still good, but its refresh failed. ${String(error)}`)
      return kept
    }
  }
  async function lookOrKeep() {
    try {
      return await watch2.look()
    } catch (error) {
      const held = watch2.held()
      const isStoreTrouble = isAuthError(error) && error.code.startsWith('ERR_STORE_')
      if (!isStoreTrouble || !held || !isAlive(held)) throw error
      logger.warn(`The store could not be read; what is held is used. ${String(error)}`)
      return held
    }
  }
  async function unexpired() {
    const credential = await watch2.look()
    if (isAlive(credential)) return credential
    throw new AuthError('ERR_TOKEN_EXPIRED', 'The access token has ended.')
  }
  return { current, unexpired, refresh: refresh3 }
}
var patienceMs, retryPauseMs
var init_credential_supply = __esm({
  'src/core/credential-supply.ts'() {
    'use strict'
    init_errors()
    init_expiry()
    init_wait_for()
    patienceMs = 1e4
    retryPauseMs = 1e4
  },
})

// src/core/require-chatgpt.ts
function requireChatgpt(stored, { mode }) {
  if (!stored) throw new AuthError('ERR_SIGN_IN_REQUIRED', 'Nobody is signed in.')
  if (stored.mode !== mode) {
    throw new AuthError('ERR_TOKEN_UNSUPPORTED_MODE', `The stored credential is of the kind "${stored.mode}".`)
  }
  return stored
}
function accountMismatch() {
  return new AuthError('ERR_TOKEN_ACCOUNT_MISMATCH', 'Somebody else has signed in since this session began.')
}
var init_require_chatgpt = __esm({
  'src/core/require-chatgpt.ts'() {
    'use strict'
    init_errors()
  },
})

// src/core/credential-watch.ts
function createCredentialWatch(options2) {
  const { store, provider, clock, events, latest, accept } = options2
  let held
  let revision
  let lookedAtMs = -Infinity
  let isAccountChanged = false
  function hold2(next) {
    if (held && !isSameAccount(held, next)) {
      if (!isAccountChanged) events.emit({ type: 'account-changed' })
      isAccountChanged = true
      throw accountMismatch()
    }
    isAccountChanged = false
    accept?.(next)
    held = next
    return next
  }
  async function reload() {
    const marker = await store.revision?.()
    const stored = await store.read()
    if (!stored && held) events.emit({ type: 'signed-out' })
    if (!stored) release()
    const next = hold2(latest(requireChatgpt(stored, provider)))
    revision = marker
    lookedAtMs = clock.now()
    return next
  }
  async function look() {
    const isUnchanged = held && revision !== void 0 && (await store.revision?.()) === revision
    if (!held || !isUnchanged) return reload()
    lookedAtMs = clock.now()
    return held
  }
  function release() {
    held = void 0
    revision = void 0
    lookedAtMs = -Infinity
  }
  return {
    held: () => held,
    fresh: () => (Math.abs(clock.now() - lookedAtMs) < lookEveryMs ? held : void 0),
    look,
    reload,
    hold: hold2,
    release,
  }
}
var lookEveryMs
var init_credential_watch = __esm({
  'src/core/credential-watch.ts'() {
    'use strict'
    init_credential()
    init_require_chatgpt()
    lookEveryMs = 1e3
  },
})

// src/core/recovery.ts
function startRecovery(actions) {
  let step = 'reload'
  return async (rejected) => {
    if (step === 'reload') {
      step = 'refresh'
      const stored = await actions.reload()
      if (!actions.isSame(stored, rejected)) return stored
    }
    if (step === 'done') return void 0
    step = 'done'
    return actions.refresh(rejected)
  }
}
var init_recovery = __esm({
  'src/core/recovery.ts'() {
    'use strict'
  },
})

// src/core/oauth/issuer-failures.ts
var passing, refreshFailures, userCodeFailures, devicePollFailures, exchangeFailures, revocationFailures
var init_issuer_failures = __esm({
  'src/core/oauth/issuer-failures.ts'() {
    'use strict'
    passing = { from: 500, to: 599 }
    refreshFailures = [
      { named: 'refresh_token_expired', code: 'ERR_TOKEN_REFRESH_EXPIRED', summary: 'The sign-in has expired' },
      { named: 'token_expired', code: 'ERR_TOKEN_REFRESH_EXPIRED', summary: 'The sign-in has expired' },
      {
        named: 'refresh_token_reused',
        code: 'ERR_TOKEN_REFRESH_REUSED',
        summary: 'The refresh token was already used, by another program or another copy of this sign-in',
      },
      { named: 'refresh_token_invalidated', code: 'ERR_TOKEN_REFRESH_REVOKED', summary: 'The sign-in was revoked' },
      { named: 'app_session_terminated', code: 'ERR_TOKEN_REFRESH_REVOKED', summary: 'The sign-in was ended' },
      {
        named: 'invalid_grant',
        status: 400,
        code: 'ERR_TOKEN_REFRESH_REJECTED',
        summary: 'The sign-in is no longer valid',
      },
      { status: 401, code: 'ERR_TOKEN_REFRESH_REJECTED', summary: 'The server no longer accepts this sign-in' },
      { code: 'ERR_TOKEN_REFRESH_UNAVAILABLE', summary: 'The token could not be refreshed', quotes: true },
    ]
    userCodeFailures = [
      {
        status: 404,
        code: 'ERR_SIGN_IN_DEVICE_DISABLED',
        summary: 'Device code sign-in is not enabled on this server',
      },
      { status: 429, code: 'ERR_UPSTREAM_RATE_LIMITED', summary: 'Too many sign-ins were started', quotes: true },
      { status: passing, code: 'ERR_UPSTREAM_UNAVAILABLE', summary: 'The server gave no user code', quotes: true },
      { code: 'ERR_SIGN_IN_FAILED', summary: 'The server gave no user code', quotes: true },
    ]
    devicePollFailures = [
      { named: 'access_denied', code: 'ERR_SIGN_IN_DENIED', summary: 'The code was denied' },
      { named: 'expired_token', code: 'ERR_SIGN_IN_EXPIRED', summary: 'The code expired before it was approved' },
      { status: passing, code: 'ERR_UPSTREAM_UNAVAILABLE', summary: 'The server could not say', quotes: true },
      { code: 'ERR_SIGN_IN_FAILED', summary: 'The server ended the sign-in', quotes: true },
    ]
    exchangeFailures = [
      { code: 'ERR_SIGN_IN_FAILED', summary: 'The code could not be exchanged for tokens', quotes: true },
    ]
    revocationFailures = [
      { code: 'ERR_UPSTREAM_UNAVAILABLE', summary: 'The session could not be revoked', quotes: true },
    ]
  },
})

// src/core/oauth/send.ts
function postJson(url, body, transport) {
  return post(url, 'application/json', JSON.stringify(body), transport)
}
function postForm(url, fields, transport) {
  return post(url, 'application/x-www-form-urlencoded', new URLSearchParams(fields).toString(), transport)
}
async function post(url, contentType, body, transport) {
  parseServiceUrl(url, 'The issuer')
  const headers = { 'content-type': contentType, accept: 'application/json', ...identityHeaders(transport.identity) }
  try {
    return await transport.fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      ...(transport.signal && { signal: transport.signal }),
    })
  } catch (error) {
    throw toNetworkError(error, url, transport.signal)
  }
}
var init_send = __esm({
  'src/core/oauth/send.ts'() {
    'use strict'
    init_client_identity()
    init_network_failure()
    init_url()
  },
})

// src/core/oauth/token-response.ts
function parseTokenSet(text) {
  const json = parseJsonObject(text)
  if (!json) throw badTokenResponse('is not a JSON object')
  const idToken = readToken(json, 'id_token')
  const accessToken = readToken(json, 'access_token')
  const refreshToken = readToken(json, 'refresh_token')
  if (idToken && !decodeClaims(idToken.reveal())) throw badTokenResponse('carries an `id_token` that is not a JWT')
  return { ...(idToken && { idToken }), ...(accessToken && { accessToken }), ...(refreshToken && { refreshToken }) }
}
function requireWholeTokenSet(tokens) {
  const { idToken, accessToken, refreshToken } = tokens
  if (!idToken || !accessToken || !refreshToken) {
    throw badTokenResponse('lacks one of `id_token`, `access_token`, `refresh_token`')
  }
  return { idToken, accessToken, refreshToken }
}
function readToken(json, member) {
  const value = json[member] ?? void 0
  if (value === void 0) return void 0
  const text = readString(json, member)
  if (!text || !tokenText.test(text)) throw badTokenResponse(`carries a \`${member}\` that is not a token`)
  return new Secret(text)
}
function badTokenResponse(why) {
  return new AuthError('ERR_UPSTREAM_BAD_RESPONSE', `The answer of the token endpoint ${why}.`)
}
var tokenText
var init_token_response = __esm({
  'src/core/oauth/token-response.ts'() {
    'use strict'
    init_claims()
    init_errors()
    init_json()
    init_secret()
    tokenText = /^[\x21-\x7e]+$/
  },
})

// src/core/oauth/refresh.ts
function refreshRequest(grant, transport) {
  const body = {
    client_id: grant.clientId,
    grant_type: 'refresh_token',
    refresh_reason: grant.reason,
    refresh_token: grant.refreshToken.reveal(),
  }
  return postJson(endpointsOf(grant.issuer).token, body, transport)
}
async function processRefreshResponse(response) {
  if (!response.ok) throw classifyFailure(refreshFailures, await readFailedResponse(response))
  const tokens = parseTokenSet(await readText(response))
  if (!tokens.accessToken) throw badTokenResponse('lacks `access_token`')
  return tokens
}
function isFinalRefreshFailure(code) {
  return finalFailures.has(code)
}
var finalFailures
var init_refresh = __esm({
  'src/core/oauth/refresh.ts'() {
    'use strict'
    init_failed_response()
    init_failure_table()
    init_network_failure()
    init_codex()
    init_issuer_failures()
    init_send()
    init_token_response()
    finalFailures = /* @__PURE__ */ new Set([
      'ERR_TOKEN_REFRESH_EXPIRED',
      'ERR_TOKEN_REFRESH_REUSED',
      'ERR_TOKEN_REFRESH_REVOKED',
      'ERR_TOKEN_REFRESH_REJECTED',
    ])
  },
})

// src/core/rotation.ts
function createRotation(options2) {
  const { store, provider, clock, logger, verdicts: verdicts2, events, serverClock } = options2
  let unsaved
  function latest(stored) {
    const isSpent = unsaved && stored.refreshToken?.equals(unsaved.spentToken)
    return unsaved && isSpent ? unsaved.credential : stored
  }
  function isAlreadyRefreshed(current, seen) {
    if (current.accessToken.equals(seen.accessToken)) return false
    return dueReason(current, serverClock.now(), options2.refreshWindowMs) === void 0
  }
  async function requireLiveToken(current) {
    const token = current.refreshToken
    if (!token) throw new AuthError('ERR_TOKEN_NOT_REFRESHABLE', 'This sign-in has no refresh token.')
    const verdict = await recallVerdict(verdicts2, token)
    if (verdict) {
      const since = new Date(verdict.atMs).toISOString()
      throw new AuthError(verdict.code, `The server refused this sign-in for good at ${since}.`)
    }
    return token
  }
  async function exchange2(current, token, reason) {
    const issuer = current.provenance?.issuer ?? provider.issuer
    const clientId = current.provenance?.clientId ?? provider.clientId
    const grant = { issuer, clientId, refreshToken: token, reason }
    const sentAtMs = clock.now()
    const { refresh: refresh3 = refreshRequest, renew = renewAsCodex } = provider.ways ?? {}
    const response = await refresh3(grant, options2, current, serverClock.now())
    serverClock.learn(response, sentAtMs)
    return renew(current, response, serverClock.now())
  }
  async function afterRefusal(token, error) {
    if (!isAuthError(error) || !isFinalRefreshFailure(error.code)) throw error
    await rememberVerdict(verdicts2, token, error, clock.now())
    const stored = latest(requireChatgpt(await store.read(), provider))
    if (stored.refreshToken && !stored.refreshToken.equals(token)) return stored
    throw explain(error, await store.unfinishedIntent?.(await fingerprint(token)))
  }
  async function rotate(seen, reason) {
    let rotated
    const change = async (stored, context) => {
      const current = latest(requireChatgpt(stored, provider))
      if (!isSameAccount(current, seen)) throw accountMismatch()
      if (isAlreadyRefreshed(current, seen)) return { keep: true, result: current }
      const spentToken = await requireLiveToken(current)
      await context.announce({ tokenFingerprint: await fingerprint(spentToken), reason, atMs: clock.now() })
      try {
        rotated = { credential: await exchange2(current, spentToken, reason), spentToken }
      } catch (error) {
        return { keep: true, result: await afterRefusal(spentToken, error) }
      }
      return { write: rotated.credential, result: rotated.credential }
    }
    try {
      const result = await store.update(change)
      if (rotated) reportStored(rotated.credential)
      return result
    } catch (error) {
      if (!rotated) throw error
      unsaved = { credential: rotated.credential, spentToken: storedToken(rotated.spentToken) }
      throw reportUnsaved(error)
    }
  }
  function reportStored({ expiresAtMs }) {
    if (unsaved) events.emit({ type: 'persist-recovered' })
    unsaved = void 0
    events.emit({ type: 'refreshed', ...(expiresAtMs !== void 0 && { expiresAtMs }) })
  }
  function reportUnsaved(cause) {
    const summary = `The refreshed sign-in could not be stored in ${store.describe()}.`
    const error = new AuthError('ERR_STORE_WRITE_AFTER_ROTATION', summary, { cause })
    events.emit({ type: 'persist-failed', error })
    return error
  }
  function storedToken(spentToken) {
    return unsaved?.spentToken ?? spentToken
  }
  async function persistUnsaved() {
    if (!unsaved) return
    try {
      await store.update(async (stored) => {
        const pending = unsaved
        const isOurs = stored?.mode === provider.mode && pending && stored.refreshToken?.equals(pending.spentToken)
        return isOurs ? { write: pending.credential, result: void 0 } : { keep: true, result: void 0 }
      })
      if (unsaved) events.emit({ type: 'persist-recovered' })
      unsaved = void 0
    } catch (error) {
      logger.warn(`The refreshed sign-in is still not stored. ${String(error)}`)
    }
  }
  const release = () => {
    unsaved = void 0
  }
  return { rotate, unsaved: () => unsaved?.credential, latest, persistUnsaved, release }
}
async function renewAsCodex(current, response, nowMs) {
  return withRefreshedTokens(current, await processRefreshResponse(response), nowMs)
}
function explain(error, intent) {
  if (!intent || error.code !== 'ERR_TOKEN_REFRESH_REUSED') return error
  const began = `A refresh that process ${intent.pid} on ${intent.host} began at ${new Date(intent.atMs).toISOString()}`
  return new AuthError(error.code, `${began} never brought its answer home, and the server says its token is spent.`)
}
var init_rotation = __esm({
  'src/core/rotation.ts'() {
    'use strict'
    init_credential()
    init_errors()
    init_expiry()
    init_refresh()
    init_refresh_verdicts()
    init_require_chatgpt()
    init_secret()
  },
})

// src/core/server-clock.ts
function createServerClock(clock) {
  let offset = 0
  return {
    now: () => clock.now() + offset,
    offsetMs: () => offset,
    learn: (response, sentAtMs) => {
      const date = Date.parse(response.headers.get('date') ?? '')
      if (Number.isNaN(date)) return
      const least = date - clock.now()
      const most = date + dateStepMs - sentAtMs
      offset = least <= 0 && most >= 0 ? 0 : least
    },
  }
}
var dateStepMs
var init_server_clock = __esm({
  'src/core/server-clock.ts'() {
    'use strict'
    dateStepMs = 1e3
  },
})

// src/core/session-events.ts
function createSessionEvents(reportFailure) {
  const listeners = /* @__PURE__ */ new Set()
  return {
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    emit: (event) => {
      for (const listener of listeners) {
        try {
          listener(event)
        } catch {
          reportFailure(`A listener failed on the session event "${event.type}".`)
        }
      }
    },
  }
}
var init_session_events = __esm({
  'src/core/session-events.ts'() {
    'use strict'
  },
})

// src/core/session-status.ts
async function readSessionStatus({ store, verdicts: verdicts2, clock }) {
  const stored = await store.read()
  const token = stored && 'accessToken' in stored ? stored.refreshToken : void 0
  const verdict = token && (await recallVerdict(verdicts2, token))
  return toSessionStatus(stored, verdict, store.describe(), clock.now())
}
function toSessionStatus(credential, verdict, store, nowMs) {
  if (!credential) return { state: 'absent', signedIn: false, store }
  if (!('accessToken' in credential)) return { state: 'unsupported', signedIn: false, mode: credential.mode, store }
  const reason = credential.refreshToken ? verdict?.code : 'ERR_TOKEN_NOT_REFRESHABLE'
  const state = toState(credential, reason, nowMs)
  const { identity, accountId, provenance, expiresAtMs } = credential
  return {
    state,
    signedIn: state !== 'dead',
    mode: credential.mode,
    ...(identity.email !== void 0 && { email: identity.email }),
    ...(identity.planType !== void 0 && { planType: identity.planType }),
    ...(accountId !== void 0 && { accountId }),
    ...(identity.userId !== void 0 && { userId: identity.userId }),
    ...(provenance && { issuer: provenance.issuer }),
    ...(expiresAtMs !== void 0 && { expiresAtMs }),
    ...(reason !== void 0 && { reason }),
    store,
  }
}
function toState(credential, reason, nowMs) {
  if (!isExpired(credential, nowMs)) return 'valid'
  return reason === void 0 ? 'refreshable' : 'dead'
}
var init_session_status = __esm({
  'src/core/session-status.ts'() {
    'use strict'
    init_expiry()
    init_refresh_verdicts()
  },
})

// src/core/oauth/revocation.ts
function revocationRequest(grant, transport) {
  const body = {
    token: grant.token.reveal(),
    token_type_hint: grant.kind,
    ...(grant.kind === 'refresh_token' && { client_id: grant.clientId }),
  }
  return postJson(endpointsOf(grant.issuer).revoke, body, transport)
}
async function processRevocationResponse(response) {
  if (response.ok) return discardBody(response)
  throw classifyFailure(revocationFailures, await readFailedResponse(response))
}
var init_revocation = __esm({
  'src/core/oauth/revocation.ts'() {
    'use strict'
    init_discard_body()
    init_failed_response()
    init_failure_table()
    init_codex()
    init_issuer_failures()
    init_send()
  },
})

// src/core/sign-out.ts
function signOut(options2) {
  return options2.store.update(async (stored) => {
    if (!stored) return { keep: true, result: nothingStored }
    const outcome = await revokeCredential(options2.latest(requireChatgpt(stored, options2.provider)), options2)
    return { remove: true, result: { removed: true, ...outcome } }
  })
}
function forget({ store, provider }) {
  return store.update(async (stored) => {
    if (!stored) return { keep: true, result: { removed: false } }
    requireChatgpt(stored, provider)
    return { remove: true, result: { removed: true } }
  })
}
function revoke(options2) {
  return options2.store.update(async (stored) => {
    if (!stored) return { keep: true, result: nothingStored }
    const outcome = await revokeCredential(options2.latest(requireChatgpt(stored, options2.provider)), options2)
    if (outcome.revocation === 'failed') return { keep: true, result: { removed: false, ...outcome } }
    return { remove: true, result: { removed: true, ...outcome } }
  })
}
async function revokeCredential(credential, options2) {
  const transport = { ...options2, signal: AbortSignal.timeout(revocationTimeoutMs) }
  try {
    const { provider } = options2
    const send = provider.ways?.revoke ?? revocationRequest
    await processRevocationResponse(await send(toGrant(credential, provider), transport))
    return { revocation: 'revoked' }
  } catch (error) {
    if (!isAuthError(error)) throw error
    return { revocation: 'failed', failure: error }
  }
}
function toGrant(credential, provider) {
  const { provenance, refreshToken, accessToken } = credential
  const issuer = provenance?.issuer ?? provider.issuer
  const clientId = provenance?.clientId ?? provider.clientId
  return refreshToken
    ? { issuer, clientId, token: refreshToken, kind: 'refresh_token' }
    : { issuer, clientId, token: accessToken, kind: 'access_token' }
}
var revocationTimeoutMs, nothingStored
var init_sign_out = __esm({
  'src/core/sign-out.ts'() {
    'use strict'
    init_errors()
    init_revocation()
    init_require_chatgpt()
    revocationTimeoutMs = 1e4
    nothingStored = { removed: false, revocation: 'not-needed' }
  },
})

// src/core/session.ts
function createSession(options2) {
  const parts = createParts(options2)
  const { provider, identity, events } = parts
  const rotation = createRotation(parts)
  const watch2 = createCredentialWatch({ ...parts, latest: rotation.latest, accept: options2.accept })
  const supply = createCredentialSupply({ ...parts, rotation, watch: watch2 })
  async function end2(how) {
    await rotation.persistUnsaved()
    const result = await how({ ...parts, latest: rotation.latest })
    const isKept = !result.removed && 'failure' in result
    if (!isKept) {
      rotation.release()
      watch2.release()
    }
    if (result.removed) events.emit({ type: 'signed-out' })
    return result
  }
  const { ways } = provider
  function confirmed(get) {
    return ways ? async () => ways.confirm(await get(), parts) : get
  }
  const current = confirmed(supply.current)
  const refreshed = (seen, reason) => confirmed(() => supply.refresh(seen, reason))
  const recoveryActions = {
    reload: confirmed(watch2.reload),
    refresh: (rejected) => refreshed(rejected, 'unauthorized_recovery')(),
    isSame: (one, other) => one.accessToken.equals(other.accessToken),
  }
  const credential = (wait) => waitFor(current, wait?.signal)
  return {
    provider,
    identity,
    status: () => readSessionStatus({ ...parts, clock: parts.serverClock }),
    credential,
    accessToken: async (wait) => (await credential(wait)).accessToken,
    refresh: async ({ signal, rejected } = {}) => {
      const stored = await waitFor(watch2.reload, signal)
      const seen = { ...stored, ...(rejected && { accessToken: rejected }) }
      return waitFor(refreshed(seen, 'forced'), signal)
    },
    signOut: () => end2(signOut),
    forget: () => end2(forget),
    revoke: () => end2(revoke),
    subscribe: events.subscribe,
    fetch: createAuthorizedFetch({
      ...parts,
      credential: (signal) => waitFor(current, signal),
      startRecovery: () => startRecovery(recoveryActions),
    }),
    readOnlyFetch: createAuthorizedFetch({
      ...parts,
      credential: (signal) => waitFor(confirmed(supply.unexpired), signal),
    }),
  }
}
function createParts(options2) {
  const { store, provider = codexProvider, identity = createClientIdentity() } = options2
  const { fetch = platformFetch, clock = systemClock, logger = silentLogger } = options2
  const {
    verdicts: verdicts2 = createMemoryVerdicts(),
    refreshWindowMs = defaultRefreshWindowMs,
    random = Math.random,
  } = options2
  return {
    store,
    provider,
    identity,
    fetch,
    clock,
    logger,
    verdicts: verdicts2,
    refreshWindowMs: withJitter(refreshWindowMs, random),
    events: createSessionEvents((message) => logger.warn(message)),
    serverClock: createServerClock(clock),
  }
}
function withJitter(windowMs, random) {
  return windowMs * (1 + random() / 10)
}
var init_session = __esm({
  'src/core/session.ts'() {
    'use strict'
    init_authorized_fetch()
    init_client_identity()
    init_clock()
    init_credential_supply()
    init_credential_watch()
    init_expiry()
    init_logger()
    init_network_failure()
    init_codex()
    init_recovery()
    init_refresh_verdicts()
    init_rotation()
    init_server_clock()
    init_session_events()
    init_session_status()
    init_sign_out()
    init_wait_for()
  },
})

// src/core/index.ts
var init_core = __esm({
  'src/core/index.ts'() {
    'use strict'
    init_errors()
    init_secret()
    init_clock()
    init_expiry()
    init_logger()
    init_credential()
    init_auth_file()
    init_codex()
    init_client_identity()
    init_network_failure()
    init_failed_response()
    init_failure_table()
    init_store()
    init_session()
    init_session_status()
    init_sign_out()
    init_json()
    init_to_one_safe_line()
    init_wait_for()
    init_url()
  },
})

// src/stores/file-errors.ts
function systemCode(error) {
  const code = error instanceof Error ? Reflect.get(error, 'code') : void 0
  return typeof code === 'string' ? code : void 0
}
function isMissing(error) {
  return systemCode(error) === 'ENOENT'
}
function ignoreMissing(error) {
  if (!isMissing(error)) throw error
}
function toWriteFailure(path, error) {
  const code = systemCode(error)
  if (isAuthError(error) || code === void 0) return error
  return new AuthError('ERR_STORE_WRITE', `${path} cannot be written (${code}).`, { cause: error })
}
var init_file_errors = __esm({
  'src/stores/file-errors.ts'() {
    'use strict'
    init_core()
  },
})

// src/stores/file-owner.ts
import { open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
async function readOwnFile(path) {
  try {
    const file = await open(path, 'r')
    try {
      await claim(path, file)
      return await file.readFile()
    } finally {
      await file.close()
    }
  } catch (error) {
    if (isMissing(error)) return void 0
    throw await readFailure(path, error)
  }
}
function ownNumber() {
  const userId = process.getuid?.()
  return userId === 0 ? void 0 : userId
}
async function claim(path, file) {
  const { uid, mode } = await file.stat()
  requireOwn(path, uid)
  const isExposed = (mode & 63) !== 0 && uid === process.getuid?.()
  if (isExposed) await file.chmod(384).catch(() => void 0)
}
function requireOwn(path, ownerId) {
  const userId = ownNumber()
  if (userId === void 0 || ownerId === userId || ownerId === 0) return
  throw new AuthError('ERR_STORE_UNSAFE', `${path} belongs to user ${ownerId}, and this is user ${userId}.`)
}
async function readFailure(path, error) {
  if (error instanceof AuthError) return error
  const code = systemCode(error) ?? 'unknown'
  if (code === 'EACCES') {
    const owner = await stat(path).catch(() => void 0)
    try {
      if (owner) requireOwn(path, owner.uid)
    } catch (unsafe) {
      return unsafe
    }
  }
  return new AuthError('ERR_STORE_READ', `${path} cannot be read (${code}).`, { cause: error })
}
async function giveToOwnerOf(path, file) {
  if (process.getuid?.() !== 0) return
  const owner = await stat(path).catch(() => stat(dirname(path)))
  const { uid, gid } = await file.stat()
  if (owner.uid === uid && owner.gid === gid) return
  await file.chown(owner.uid, owner.gid).catch(() => void 0)
}
var init_file_owner = __esm({
  'src/stores/file-owner.ts'() {
    'use strict'
    init_core()
    init_file_errors()
  },
})

// src/stores/quarantine.ts
var quarantine_exports = {}
__export(quarantine_exports, {
  quarantine: () => quarantine,
})
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
async function quarantine(path, bytes) {
  const copy = `${path}.corrupt-${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}`
  try {
    await writeFile(copy, bytes, { mode: 384, flag: 'wx' })
    return copy
  } catch (error) {
    return systemCode(error) === 'EEXIST' && (await holds(copy, bytes)) ? copy : void 0
  }
}
async function holds(copy, bytes) {
  const kept = await readFile(copy).catch(() => void 0)
  return kept !== void 0 && kept.equals(bytes)
}
var init_quarantine = __esm({
  'src/stores/quarantine.ts'() {
    'use strict'
    init_file_errors()
  },
})

// src/stores/read-document.ts
import { isUtf8 } from 'node:buffer'
async function readDocument(path, codec) {
  const bytes = await readOwnFile(path)
  if (bytes === void 0 || bytes.equals(nothingStoredBytes)) return { credential: void 0, size: 0 }
  try {
    return { credential: await codec.decode(toText(bytes)), size: bytes.length }
  } catch (error) {
    if (isAuthError(error) && error.code === 'ERR_STORE_CORRUPT') return { damage: error, bytes }
    throw error
  }
}
function toText(bytes) {
  if (!isUtf8(bytes)) throw new AuthError('ERR_STORE_CORRUPT', 'The stored credential cannot be read: it is not UTF-8.')
  return bytes.toString('utf8')
}
async function requireWhole(content, path, isReplaceable = false) {
  if (!('damage' in content)) return content.credential
  const { damage, bytes } = content
  const { quarantine: quarantine2 } = await Promise.resolve().then(() => (init_quarantine(), quarantine_exports))
  const copy = await quarantine2(path, bytes)
  if (isReplaceable && copy !== void 0) return void 0
  const kept = copy === void 0 ? 'It was left as it is.' : `It was left as it is and copied to ${copy}.`
  throw new AuthError(damage.code, `${path}: ${damage.summary} ${kept}`)
}
var nothingStored2, nothingStoredBytes
var init_read_document = __esm({
  'src/stores/read-document.ts'() {
    'use strict'
    init_core()
    init_file_owner()
    nothingStored2 = '{}'
    nothingStoredBytes = Buffer.from(nothingStored2)
  },
})

// src/stores/retry-sharing.ts
async function retrySharing(work, { platform = process.platform, clock = systemClock } = {}) {
  if (platform !== 'win32') return work()
  for (const pauseMs3 of pausesMs) {
    try {
      return await work()
    } catch (error) {
      if (!sharingErrors.has(systemCode(error) ?? '')) throw error
      await clock.sleep(pauseMs3)
    }
  }
  return work()
}
var sharingErrors, pausesMs
var init_retry_sharing = __esm({
  'src/stores/retry-sharing.ts'() {
    'use strict'
    init_core()
    init_file_errors()
    sharingErrors = /* @__PURE__ */ new Set(['EPERM', 'EACCES', 'EBUSY'])
    pausesMs = [10, 20, 40, 80, 150, 300, 400, 500]
  },
})

// src/stores/atomic-write.ts
import { randomUUID } from 'node:crypto'
import { open as open2, rename, unlink } from 'node:fs/promises'
import { basename, dirname as dirname2, join } from 'node:path'
async function prepareReplacement(target) {
  const temporary = join(dirname2(target), `.${basename(target)}-${randomUUID()}`)
  const file = await open2(temporary, 'wx', 384)
  await giveToOwnerOf(target, file)
  let isPending = true
  async function commit2(text, assertAllowed) {
    await writeDurably(file, text)
    await file.close()
    await assertAllowed?.()
    await retrySharing(() => rename(temporary, target))
    isPending = false
    await syncFolder(dirname2(target))
  }
  async function discard2() {
    if (!isPending) return
    isPending = false
    await closeQuietly(file)
    await unlink(temporary).catch(ignoreMissing)
  }
  return {
    reserve: (bytes) => writeDurably(file, ' '.repeat(bytes)),
    commit: commit2,
    remove: () => removeFile(target),
    discard: discard2,
  }
}
async function writeDurably(file, text) {
  const bytes = Buffer.from(text)
  for (let written = 0; written < bytes.length;) {
    written += (await file.write(bytes, written, bytes.length - written, written)).bytesWritten
  }
  await file.truncate(bytes.length)
  await file.sync()
}
async function removeFile(target) {
  await unlink(target)
  await syncFolder(dirname2(target))
}
async function syncFolder(path) {
  if (process.platform === 'win32') return
  const folder = await open2(path, 'r')
  try {
    await folder.sync()
  } catch (error) {
    if (!unsyncable.has(systemCode(error) ?? '')) throw error
  } finally {
    await folder.close()
  }
}
async function closeQuietly(file) {
  await file.close().catch(() => void 0)
}
var unsyncable
var init_atomic_write = __esm({
  'src/stores/atomic-write.ts'() {
    'use strict'
    init_file_errors()
    init_file_owner()
    init_retry_sharing()
    unsyncable = /* @__PURE__ */ new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR', 'EPERM', 'EACCES'])
  },
})

// src/stores/follow-links.ts
import { readlink, realpath } from 'node:fs/promises'
import { basename as basename2, dirname as dirname3, join as join2, resolve } from 'node:path'
async function followLinks(path) {
  try {
    return await realpath(path)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  const link = await readLink(path)
  if (link !== void 0) return followLinks(resolve(dirname3(path), link))
  const folder = dirname3(path)
  return folder === path ? path : join2(await followLinks(folder), basename2(path))
}
async function readLink(path) {
  try {
    return await readlink(path)
  } catch (error) {
    if (isMissing(error) || systemCode(error) === 'EINVAL' || systemCode(error) === 'ENOTDIR') return void 0
    throw error
  }
}
var init_follow_links = __esm({
  'src/stores/follow-links.ts'() {
    'use strict'
    init_file_errors()
  },
})

// src/stores/journal.ts
import { randomUUID as randomUUID2 } from 'node:crypto'
import { readFile as readFile2, unlink as unlink2 } from 'node:fs/promises'
import { hostname } from 'node:os'
async function readJournal(path) {
  try {
    const entries = parseJsonObject(await readFile2(journalPath(await followLinks(path)), 'utf8'))?.['intents']
    return Array.isArray(entries) ? entries.flatMap(parseEntry) : []
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}
function createJournal(target) {
  let opened
  function withOpened(entries, entry) {
    const first = entries.find(({ tokenFingerprint }) => tokenFingerprint === entry.tokenFingerprint)
    return first ? [first, entry] : [entry]
  }
  return {
    open: async (intent) => {
      opened = { ...intent, id: randomUUID2(), pid: process.pid, host: hostname() }
      await writeEntries(target, withOpened(await readJournal(target), opened))
    },
    settle: async () => {
      if (!opened) return
      const entries = await readJournal(target)
      const others = entries.filter(({ id }) => id !== opened?.id)
      if (others.length === entries.length) return
      await (others.length === 0 ? removeJournal(target) : writeEntries(target, others))
    },
    clear: () => removeJournal(target),
    opened: () => opened,
  }
}
function isKnownRefusal(error) {
  return isAuthError(error) && refusals.includes(error.code)
}
async function writeEntries(target, intents) {
  const replacement = await prepareReplacement(journalPath(target))
  try {
    await replacement.commit(JSON.stringify({ intents: intents.map(serializeEntry) }, void 0, 2))
  } finally {
    await replacement.discard()
  }
}
async function removeJournal(target) {
  await unlink2(journalPath(target)).catch(ignoreMissing)
}
function serializeEntry({ id, tokenFingerprint, reason, atMs, pid, host }) {
  return { id, tokenFingerprint, reason, at: new Date(atMs).toISOString(), pid, host }
}
function parseEntry(value) {
  const entry = parseJsonObject(JSON.stringify(value))
  const [id, tokenFingerprint] = [readString(entry, 'id'), readString(entry, 'tokenFingerprint')]
  const [reason, at] = [readString(entry, 'reason'), readString(entry, 'at')]
  const [pid, host] = [readNumber(entry, 'pid'), readString(entry, 'host')]
  if (id === void 0 || tokenFingerprint === void 0 || reason === void 0 || at === void 0) return []
  if (pid === void 0 || host === void 0) return []
  return [{ id, tokenFingerprint, reason, atMs: Date.parse(at), pid, host }]
}
function journalPath(target) {
  return `${target}.planpass-journal`
}
var refusals
var init_journal = __esm({
  'src/stores/journal.ts'() {
    'use strict'
    init_core()
    init_atomic_write()
    init_file_errors()
    init_follow_links()
    refusals = [
      'ERR_TOKEN_REFRESH_EXPIRED',
      'ERR_TOKEN_REFRESH_REUSED',
      'ERR_TOKEN_REFRESH_REVOKED',
      'ERR_TOKEN_REFRESH_REJECTED',
    ]
  },
})

// src/stores/write-in-place.ts
import { createHash as createHash2 } from 'node:crypto'
import { constants } from 'node:fs'
import { open as open3, readFile as readFile3, unlink as unlink3 } from 'node:fs/promises'
async function prepareWritingInPlace(target) {
  const file = await open3(target, 'r+')
  const copy = await prepareReplacement(pendingPath(target)).catch(async (error) => {
    await file.close()
    throw error
  })
  async function commit2(text, assertAllowed) {
    const replaces = hashOf(await readFile3(target, 'utf8'))
    await copy.commit(JSON.stringify({ replaces, text }), assertAllowed)
    await file.truncate(0)
    await writeDurably(file, text)
    await unlink3(pendingPath(target))
  }
  async function discard2() {
    await copy.discard()
    await file.close()
  }
  return {
    reserve: (bytes) => copy.reserve(bytes),
    commit: commit2,
    remove: () => commit2(nothingStored2),
    discard: discard2,
  }
}
async function finishWriting(target) {
  const pending = await readPending(target)
  if (!pending) return
  const current = await readFile3(target, 'utf8').catch(ignoreMissing)
  const isUnfinished = current === void 0 || hashOf(current) === pending.replaces || !parseJsonObject(current)
  if (isUnfinished) await writeOver(target, pending.text)
  await unlink3(pendingPath(target))
}
async function readPending(target) {
  const document = await readFile3(pendingPath(target), 'utf8').catch(ignoreMissing)
  const pending = document === void 0 ? void 0 : parseJsonObject(document)
  const replaces = readString(pending, 'replaces')
  const text = readString(pending, 'text')
  return replaces === void 0 || text === void 0 ? void 0 : { replaces, text }
}
async function writeOver(target, text) {
  const file = await open3(target, constants.O_RDWR | constants.O_CREAT, 384)
  try {
    await file.truncate(0)
    await writeDurably(file, text)
  } finally {
    await file.close()
  }
}
function pendingPath(target) {
  return `${target}.planpass-pending`
}
function hashOf(text) {
  return createHash2('sha256').update(text).digest('hex')
}
var init_write_in_place = __esm({
  'src/stores/write-in-place.ts'() {
    'use strict'
    init_core()
    init_atomic_write()
    init_file_errors()
    init_read_document()
  },
})

// src/stores/prepare-writing.ts
async function prepareWriting(target, isMounted) {
  if (isMounted) return prepareWritingInPlace(target)
  const replacement = await prepareReplacement(target)
  async function commit2(text, assertAllowed) {
    try {
      await replacement.commit(text, assertAllowed)
    } catch (error) {
      if (process.platform === 'win32' || !notReplaceable.has(systemCode(error) ?? '')) throw error
      await writeInPlace(text, assertAllowed)
    }
  }
  async function writeInPlace(text, assertAllowed) {
    const writing = await prepareWritingInPlace(target)
    try {
      await writing.commit(text, assertAllowed)
    } finally {
      await writing.discard()
    }
  }
  return { ...replacement, commit: commit2 }
}
var notReplaceable
var init_prepare_writing = __esm({
  'src/stores/prepare-writing.ts'() {
    'use strict'
    init_atomic_write()
    init_file_errors()
    init_write_in_place()
    notReplaceable = /* @__PURE__ */ new Set(['EBUSY', 'EXDEV'])
  },
})

// src/stores/file-transaction.ts
async function beginTransaction({ target, lock, isMounted }, size) {
  const journal = createJournal(target)
  const writing = await prepareWriting(target, isMounted).catch((error) => {
    throw toWriteFailure(target, error)
  })
  async function underLock(work) {
    try {
      await work()
    } catch (error) {
      await lock.assertHeld()
      throw toWriteFailure(target, error)
    }
  }
  async function closeJournal() {
    await (lock.kind === 'kernel' ? journal.clear() : journal.settle()).catch(() => void 0)
  }
  async function settle2() {
    await lock
      .assertHeld()
      .then(() => journal.settle())
      .catch(() => void 0)
  }
  async function finish(work) {
    await underLock(work)
    await closeJournal()
  }
  return {
    announce: (intent) =>
      underLock(async () => {
        await writing.reserve(size + spareBytes)
        await lock.assertHeld()
        await journal.open(intent)
        await lock.assertHeld()
      }),
    write: (text) => finish(() => writing.commit(text, () => lock.assertHeld())),
    remove: () =>
      finish(async () => {
        await lock.assertHeld()
        await writing.remove().catch(ignoreMissing)
      }),
    keep: settle2,
    fail: async (error) => {
      if (isKnownRefusal(error)) await settle2()
    },
    end: () => writing.discard(),
    get announced() {
      return journal.opened()
    },
  }
}
var spareBytes
var init_file_transaction = __esm({
  'src/stores/file-transaction.ts'() {
    'use strict'
    init_file_errors()
    init_journal()
    init_prepare_writing()
    spareBytes = 8 * 1024
  },
})

// src/stores/held-lock.ts
function lockLost(path) {
  return new AuthError('ERR_STORE_LOCK_LOST', `The lock ${path} was taken over by another process.`)
}
var init_held_lock = __esm({
  'src/stores/held-lock.ts'() {
    'use strict'
    init_core()
  },
})

// src/stores/kernel-lock.ts
import { constants as constants2 } from 'node:fs'
import { open as open4, stat as stat2 } from 'node:fs/promises'
import { dirname as dirname4 } from 'node:path'
async function tryKernelLock(path) {
  const tryLock = await loadTryLock()
  const file = await open4(path, constants2.O_RDWR | constants2.O_CREAT, 384)
  await giveToOwnerOf(dirname4(path), file)
  const isHeld = await lockAndVerify(file, path, tryLock).catch(async (error) => {
    await file.close()
    throw error
  })
  if (!isHeld) {
    await file.close()
    return void 0
  }
  return {
    kind: 'kernel',
    assertHeld: async () => {
      if (!(await isStillAt(path, file))) throw lockLost(path)
    },
    release: () => file.close(),
  }
}
async function loadTryLock() {
  try {
    return (await import('fs-native-extensions')).tryLock
  } catch (error) {
    throw new NoKernelLocks('There is no native code for this platform.', { cause: error })
  }
}
async function lockAndVerify(file, path, tryLock) {
  try {
    if (!tryLock(file.fd)) return false
  } catch (error) {
    if (!refusals2.has(systemCode(error) ?? '')) throw error
    throw new NoKernelLocks(`The file system of ${path} has no locks.`, { cause: error })
  }
  return isStillAt(path, file)
}
async function isStillAt(path, file) {
  const mine = await file.stat({ bigint: true })
  try {
    const there = await stat2(path, { bigint: true })
    return there.ino === mine.ino && there.dev === mine.dev
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}
var NoKernelLocks, refusals2
var init_kernel_lock = __esm({
  'src/stores/kernel-lock.ts'() {
    'use strict'
    init_file_errors()
    init_file_owner()
    init_held_lock()
    NoKernelLocks = class extends Error {}
    refusals2 = /* @__PURE__ */ new Set(['ENOLCK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EPERM'])
  },
})

// src/stores/lease-lock.ts
import { randomUUID as randomUUID3 } from 'node:crypto'
import {
  open as open5,
  readdir,
  readFile as readFile4,
  readlink as readlink2,
  stat as stat3,
  unlink as unlink4,
} from 'node:fs/promises'
import { hostname as hostname2 } from 'node:os'
import { basename as basename3, dirname as dirname5, join as join3 } from 'node:path'
function createLease(target, options2) {
  let watched
  function isDead(lease) {
    if (lease.text === released) return true
    if (watched?.generation !== lease.generation || watched.text !== lease.text) {
      watched = { ...lease, sinceMs: options2.clock.now() }
    }
    return options2.clock.now() - watched.sinceMs >= options2.leaseMs
  }
  return async () => {
    const greatest = await readGreatest(target)
    if (greatest && !isDead(greatest)) return void 0
    return takeOver(target, (greatest?.generation ?? 0) + 1, options2)
  }
}
async function takeOver(target, generation, options2) {
  const path = leasePath(target, generation)
  const file = await createExclusively(path)
  if (!file) return void 0
  try {
    const heart = await createHeart(file)
    const generations = await listGenerations(target)
    if (Math.max(...generations) > generation) return await withdraw(file, path)
    for (const old of generations.filter((other) => other <= generation - keptGenerations)) {
      await removeIfThere(leasePath(target, old))
    }
    return hold(target, generation, file, heart, options2)
  } catch (error) {
    await withdraw(file, path)
    throw error
  }
}
async function withdraw(file, path) {
  await file.close()
  await removeIfThere(path)
}
async function hasLease(target) {
  return (await listGenerations(target)).length > 0
}
function hold(target, generation, file, heart, { heartbeatMs, clock }) {
  const stopping = new AbortController()
  const beating = beatUntil(stopping.signal, heart, heartbeatMs, clock)
  return {
    kind: 'lease',
    assertHeld: async () => {
      const isGreatest = (await listGenerations(target)).every((other) => other <= generation)
      if (!isGreatest || !(await isSameFile(file, leasePath(target, generation)))) {
        throw lockLost(leasePath(target, generation))
      }
    },
    release: async () => {
      stopping.abort()
      await beating
      await heart.end().catch(() => void 0)
      await file.close()
    },
  }
}
async function createHeart(file) {
  const owner = await describeOwner()
  let beats = 0
  const heart = {
    beat: async () => {
      beats += 1
      await write(
        file,
        `${owner} ${beats}
`,
      )
    },
    end: () => write(file, released),
  }
  await heart.beat()
  return heart
}
async function beatUntil(signal, heart, heartbeatMs, clock) {
  while (!signal.aborted) {
    await clock.sleep(heartbeatMs, signal).catch(() => void 0)
    if (!signal.aborted) await heart.beat().catch(() => void 0)
  }
}
async function write(file, text) {
  await file.write(text, 0)
  await file.truncate(Buffer.byteLength(text))
  await file.datasync()
}
async function describeOwner() {
  const bootId = await readFile4('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '-')
  const pidNamespace = await readlink2('/proc/self/ns/pid').catch(() => '-')
  return [hostname2(), bootId.trim(), pidNamespace, process.pid, randomUUID3()].join(' ')
}
async function readGreatest(target) {
  const generation = Math.max(0, ...(await listGenerations(target)))
  if (generation === 0) return void 0
  const text = await readFile4(leasePath(target, generation), 'utf8').catch(ignoreMissing)
  return { generation, text: text ?? '' }
}
async function listGenerations(target) {
  const prefix = basename3(leasePath(target, 0)).slice(0, -1)
  const names = await readdir(dirname5(target))
  return names
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)))
    .filter((generation) => Number.isSafeInteger(generation) && generation > 0)
}
function leasePath(target, generation) {
  return join3(dirname5(target), `${basename3(target)}.planpass-lease.${generation}`)
}
async function createExclusively(path) {
  try {
    const file = await open5(path, 'wx', 384)
    await giveToOwnerOf(dirname5(path), file)
    return file
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return void 0
    throw error
  }
}
async function isSameFile(file, path) {
  const there = await stat3(path, { bigint: true }).catch(ignoreMissing)
  return there?.ino === (await file.stat({ bigint: true })).ino
}
async function removeIfThere(path) {
  await unlink4(path).catch(ignoreMissing)
}
var released, keptGenerations
var init_lease_lock = __esm({
  'src/stores/lease-lock.ts'() {
    'use strict'
    init_file_errors()
    init_file_owner()
    init_held_lock()
    released = 'released\n'
    keptGenerations = 2
  },
})

// src/stores/file-lock.ts
async function acquireFileLock(place, options2, signal) {
  const { clock = monotonicClock, lockWaitMs = defaultWaitMs } = options2
  const attempt2 = chooseLock(place, options2, clock)
  const startMs = clock.now()
  for (let attempts = 1; ; attempts += 1) {
    signal?.throwIfAborted()
    const held = await attempt2()
    if (held) return held
    if (clock.now() - startMs >= lockWaitMs) throw lockedFailure(place, lockWaitMs)
    await clock.sleep(pauseMs(attempts), signal)
  }
}
function chooseLock({ target, lockFile: lockFile2 }, options2, clock) {
  const { lock = 'auto', leaseMs = defaultLeaseMs } = options2
  const lease = createLease(target, { leaseMs, heartbeatMs: leaseMs / 4, clock })
  const kernel = () => tryKernelLock(lockFile2)
  if (lock === 'lease') return lease
  return async () => {
    try {
      return await (lock === 'kernel' ? kernel() : tryBoth(kernel, lease, target))
    } catch (error) {
      if (!(error instanceof NoKernelLocks)) throw error
      if (lock === 'auto') return lease()
      throw new AuthError('ERR_STORE_WRITE', error.message, { cause: error, advice: "Use the lock 'lease' or 'auto'." })
    }
  }
}
async function tryBoth(kernel, lease, target) {
  const locked3 = await kernel()
  if (!locked3 || !(await hasLease(target))) return locked3
  const leased = await lease().catch(async (error) => {
    await locked3.release()
    throw error
  })
  if (!leased) await locked3.release()
  return leased && { ...leased, release: () => releaseInOrder([leased, locked3]) }
}
async function releaseInOrder(locks) {
  for (const lock of locks) await lock.release()
}
function pauseMs(attempts) {
  return Math.min(5 * 1.3 ** attempts, 100) * (0.5 + Math.random())
}
function lockedFailure({ target }, waitedMs) {
  return new AuthError(
    'ERR_STORE_LOCKED',
    `Another process has held the lock of ${target} for ${Math.round(waitedMs / 1e3)} seconds.`,
  )
}
var defaultWaitMs, defaultLeaseMs, monotonicClock
var init_file_lock = __esm({
  'src/stores/file-lock.ts'() {
    'use strict'
    init_core()
    init_kernel_lock()
    init_lease_lock()
    defaultWaitMs = 2 * 6e4
    defaultLeaseMs = 2e4
    monotonicClock = { now: () => performance.now(), sleep: (...sleep) => systemClock.sleep(...sleep) }
  },
})

// src/stores/mount-point.ts
import { readFile as readFile5 } from 'node:fs/promises'
async function isMountPoint(target) {
  if (process.platform !== 'linux') return false
  const table = await readFile5('/proc/self/mountinfo', 'utf8').catch(() => '')
  return table.split('\n').some((line) => unescape(line.split(' ')[4] ?? '') === target)
}
function unescape(field) {
  return field.replaceAll(/\\(\d{3})/g, (_, octal) => String.fromCodePoint(Number.parseInt(octal, 8)))
}
var init_mount_point = __esm({
  'src/stores/mount-point.ts'() {
    'use strict'
  },
})

// src/stores/locked-file.ts
import { mkdir } from 'node:fs/promises'
import { dirname as dirname6 } from 'node:path'
async function withLockedFile(path, options2, signal, work) {
  const file = await lockFile(path, options2, signal).catch((error) => {
    throw toWriteFailure(path, error)
  })
  try {
    return await work(file)
  } finally {
    await file.lock.release()
  }
}
async function lockFile(path, options2, signal) {
  const target = await followLinks(path)
  await mkdir(dirname6(target), { recursive: true, mode: 448 })
  const isMounted = await isMountPoint(target)
  const lockedPath = isMounted ? target : `${target}.planpass-lock`
  return { target, lock: await acquireFileLock({ target, lockFile: lockedPath }, options2, signal), isMounted }
}
var init_locked_file = __esm({
  'src/stores/locked-file.ts'() {
    'use strict'
    init_file_lock()
    init_file_errors()
    init_follow_links()
    init_mount_point()
  },
})

// src/stores/orphans.ts
import { readdir as readdir2, rename as rename2, unlink as unlink5 } from 'node:fs/promises'
import { basename as basename4, dirname as dirname7, join as join4 } from 'node:path'
async function settleOrphans(target, codec) {
  for (const name of await listOrphans(target)) {
    const orphan = join4(dirname7(target), name)
    await ((await isSuccessor(orphan, target, codec)) ? putInPlace(orphan, target) : unlink5(orphan)).catch(
      ignoreMissing,
    )
  }
}
async function listOrphans(target) {
  const base = basename4(target)
  const owners = [base, `${base}.planpass-journal`, `${base}.planpass-pending`]
  const names = await readdir2(dirname7(target))
  return names.filter((name) => randomPart.test(name) && owners.includes(name.replace(randomPart, '').slice(1)))
}
async function isSuccessor(orphan, target, codec) {
  const [next, stored] = [await readChatgpt(orphan, codec), await readChatgpt(target, codec)]
  if (!next?.refreshToken || !stored?.refreshToken || next.refreshToken.equals(stored.refreshToken)) return false
  const spent = await fingerprint(stored.refreshToken)
  const isAnnounced = (await readJournal(target)).some(({ tokenFingerprint }) => tokenFingerprint === spent)
  return isAnnounced && isSameAccount(stored, next)
}
async function readChatgpt(path, codec) {
  const content = await readDocument(path, codec).catch(() => void 0)
  const credential = content && 'credential' in content ? content.credential : void 0
  return credential && 'accessToken' in credential ? credential : void 0
}
async function putInPlace(orphan, target) {
  await rename2(orphan, target)
  await syncFolder(dirname7(target))
  await createJournal(target).clear()
}
var randomPart
var init_orphans = __esm({
  'src/stores/orphans.ts'() {
    'use strict'
    init_core()
    init_atomic_write()
    init_file_errors()
    init_journal()
    init_read_document()
    randomPart = /-[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/
  },
})

// src/stores/update-document.ts
var update_document_exports = {}
__export(update_document_exports, {
  createDocumentUpdates: () => createDocumentUpdates,
})
function createDocumentUpdates(path, codec, lockOptions) {
  let transaction
  async function updateLocked(file, change, options2) {
    await recover2(file.target)
    const content = await readDocument(file.target, codec)
    const current = await requireWhole(content, path, options2.replaceCorrupt)
    const mine = await beginTransaction(file, 'size' in content ? content.size : 0)
    transaction = mine
    try {
      return await apply2(
        await change(current, {
          announce: (intent) => mine.announce(intent),
          ...(codec.prepare && { prepare: codec.prepare }),
        }),
        mine,
      )
    } catch (error) {
      await mine.fail(error)
      throw error
    } finally {
      transaction = void 0
      await mine.end()
    }
  }
  async function recover2(target) {
    try {
      await finishWriting(target)
      await settleOrphans(target, codec)
    } catch (error) {
      throw toWriteFailure(path, error)
    }
  }
  async function apply2(decided, under) {
    if ('write' in decided) await under.write(await codec.encode(decided.write))
    else if ('remove' in decided) await under.remove()
    else await under.keep()
    return decided.result
  }
  async function readAgain(damaged) {
    const mayBeHalfWritten = !transaction && (await isMountPoint(await followLinks(path)))
    return mayBeHalfWritten ? readUnderLock().catch(() => damaged) : damaged
  }
  function readUnderLock() {
    return withLockedFile(path, lockOptions, void 0, async ({ target }) => {
      await finishWriting(target)
      return readDocument(target, codec)
    })
  }
  return {
    update: (change, options2) =>
      withLockedFile(path, lockOptions, options2.signal, (file) => updateLocked(file, change, options2)),
    readAgain,
    unfinishedIntent: async (tokenFingerprint) => {
      const entries = await readJournal(path)
      const own = transaction?.announced
      return entries.find((entry) => entry.tokenFingerprint === tokenFingerprint && entry.id !== own?.id)
    },
  }
}
var init_update_document = __esm({
  'src/stores/update-document.ts'() {
    'use strict'
    init_file_errors()
    init_file_transaction()
    init_follow_links()
    init_journal()
    init_locked_file()
    init_mount_point()
    init_orphans()
    init_read_document()
    init_write_in_place()
  },
})

// src/stores/document-file.ts
import { stat as stat4 } from 'node:fs/promises'
function createDocumentFile(path, codec, lockOptions = {}) {
  const takeTurn = createTurns()
  let updates
  function openUpdates() {
    updates ??= Promise.resolve()
      .then(() => (init_update_document(), update_document_exports))
      .then((module) => module.createDocumentUpdates(path, codec, lockOptions))
    return updates
  }
  async function read2() {
    const content = await readDocument(path, codec)
    const isDamaged = 'damage' in content
    return requireWhole(isDamaged ? await (await openUpdates()).readAgain(content) : content, path)
  }
  return {
    describe: () => path,
    read: read2,
    update: (change, options2 = {}) =>
      takeTurn(async () => (await openUpdates()).update(change, options2), options2.signal),
    revision: () => readRevision(path),
    unfinishedIntent: async (tokenFingerprint) => (await openUpdates()).unfinishedIntent(tokenFingerprint),
  }
}
async function readRevision(path) {
  try {
    const { ino, mtimeNs, size } = await stat4(path, { bigint: true })
    return `${ino}-${mtimeNs}-${size}`
  } catch (error) {
    if (isMissing(error)) return void 0
    throw new AuthError('ERR_STORE_READ', `${path} cannot be read (${systemCode(error) ?? 'unknown'}).`, {
      cause: error,
    })
  }
}
var init_document_file = __esm({
  'src/stores/document-file.ts'() {
    'use strict'
    init_core()
    init_file_errors()
    init_read_document()
  },
})

// src/stores/codex-file.ts
function createCodexFile(path) {
  return {
    where: path,
    pollMs: 20,
    read: () => readShared(path),
    whole: ({ content }, isReplaceable) => requireWhole(content, path, isReplaceable),
    storing: (transaction) => transaction,
  }
}
async function readShared(path) {
  let text
  const content = await readDocument(path, {
    ...codexCodec,
    decode: async (read2) => {
      const credential = parseAuthFile(read2)
      text = read2
      return credential
    },
  })
  return { text, content }
}
var codexCodec
var init_codex_file = __esm({
  'src/stores/codex-file.ts'() {
    'use strict'
    init_core()
    init_read_document()
    codexCodec = {
      encode: async (credential) => serializeAuthFile(credential),
      decode: async (text) => parseAuthFile(text),
    }
  },
})

// src/stores/keyring-failure.ts
function toKeyringError(failure2, action) {
  const said = failure2 instanceof Error ? failure2.message : ''
  const verdict = verdicts.find(({ says }) => says.test(said))
  const code = verdict?.code ?? (action === 'read' ? 'ERR_STORE_READ' : 'ERR_STORE_WRITE')
  const words = verdict?.words ?? `failed to ${action} the entry`
  return new AuthError(code, `The keyring ${words} (${toOneSafeLine(said)}).`, {
    cause: failure2,
    ...(!verdict && { advice: 'Look at the keyring with the tools of your system, or choose the encrypted file.' }),
  })
}
function keyringTimeout(timeoutMs) {
  return new AuthError('ERR_STORE_KEYRING_TIMEOUT', `The keyring did not answer within ${timeoutMs / 1e3} seconds.`)
}
var verdicts
var init_keyring_failure = __esm({
  'src/stores/keyring-failure.ts'() {
    'use strict'
    init_core()
    verdicts = [
      {
        says: /did not receive a reply|timed? ?out/i,
        code: 'ERR_STORE_KEYRING_TIMEOUT',
        words: 'does not answer',
      },
      {
        says: /prompt was dismissed|is locked|interaction is not allowed|user cancell?ed|passphrase you entered/i,
        code: 'ERR_STORE_KEYRING_LOCKED',
        words: 'is locked, and nobody unlocked it',
      },
      {
        says: /\.service files|has no owner|no result found/i,
        code: 'ERR_STORE_KEYRING_UNAVAILABLE',
        words: 'is not there: no Secret Service with a default collection answers on D-Bus',
      },
      {
        says: /dbus|d-bus|\bbus\b/i,
        code: 'ERR_STORE_KEYRING_UNAVAILABLE',
        words: 'cannot be reached: there is no D-Bus session',
      },
      {
        says: /no default credential|no such logon session|specified logon session/i,
        code: 'ERR_STORE_KEYRING_UNAVAILABLE',
        words: 'is not there for this logon session',
      },
    ]
  },
})

// src/stores/system-keyring.ts
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
function createSystemKeyring() {
  return {
    ...(process.platform === 'win32' && { mostBytes: mostBytesOnWindows }),
    async open(service3, account) {
      const addon = locateAddon()
      const call2 = (method, signal, ...args) => callAddon(addon, { service: service3, account, method, args }, signal)
      return {
        getPassword: async (signal) => readString(await call2('getPassword', signal), 'result') ?? null,
        setPassword: async (text, signal) => void (await call2('setPassword', signal, text)),
        deleteCredential: async (signal) => (await call2('deleteCredential', signal))['result'] === true,
      }
    },
  }
}
function locateAddon() {
  try {
    return createRequire(import.meta.url).resolve('@napi-rs/keyring')
  } catch (error) {
    throw new AuthError('ERR_CONFIG_MISSING_PACKAGE', 'The keyring of the system needs the package @napi-rs/keyring.', {
      cause: error,
      advice: 'Install it: npm install @napi-rs/keyring',
    })
  }
}
async function callAddon(addon, request, signal) {
  const options2 = { signal, killSignal: 'SIGKILL', windowsHide: true }
  const running = promisify(execFile)(process.execPath, ['-e', program, addon], options2)
  running.child.stdin?.on('error', ignoreClosedPipe).end(JSON.stringify(request))
  const answer = parseJsonObject((await running).stdout) ?? {}
  const failure2 = readString(answer, 'failure')
  if (failure2 !== void 0) throw new Error(failure2)
  return answer
}
function ignoreClosedPipe() {}
var mostBytesOnWindows, program
var init_system_keyring = __esm({
  'src/stores/system-keyring.ts'() {
    'use strict'
    init_core()
    mostBytesOnWindows = 5 * 512
    program = `
  const { Entry } = require(process.argv[1])
  const call = ({ service, account, method, args }) =>
    new Entry(service, account, { linux: { store: 'secret-service' } })[method](...args)
  const answer = (request) => {
    try {
      return { result: call(JSON.parse(request)) }
    } catch (error) {
      return { failure: error.message }
    }
  }
  process.stdout.write(JSON.stringify(answer(require('node:fs').readFileSync(0, 'utf8'))))
`
  },
})

// src/stores/keyring-entry.ts
function createTrustedEntry(place) {
  const {
    service: service3,
    account,
    keyring = createSystemKeyring(),
    timeoutMs = defaultTimeoutMs,
    clock = systemClock,
  } = place
  const takeTurn = createTurns()
  async function limited(action, work, signal) {
    const [expired, done] = [new AbortController(), new AbortController()]
    const expire = () => expired.abort(keyringTimeout(timeoutMs))
    void clock.sleep(timeoutMs, done.signal).then(expire, () => void 0)
    const patience = signal ? AbortSignal.any([signal, expired.signal]) : expired.signal
    const attempt2 = async () => {
      try {
        return await work(await keyring.open(service3, account), patience)
      } catch (error) {
        throw isAuthError(error) ? error : toKeyringError(error, action)
      }
    }
    try {
      return await waitFor(() => takeTurn(attempt2, patience), patience)
    } finally {
      done.abort()
    }
  }
  return {
    read: (signal) => limited('read', async (entry, patience) => (await entry.getPassword(patience)) ?? void 0, signal),
    async write(text) {
      requireRoom(text, keyring.mostBytes)
      await limited('write', async (entry, patience) => {
        await entry.setPassword(text, patience)
        if ((await entry.getPassword(patience)) !== text) throw notKept()
      })
    },
    async remove() {
      await limited('remove', async (entry, patience) => {
        await entry.deleteCredential(patience)
        if ((await entry.getPassword(patience)) !== null) throw notRemoved()
      })
    },
  }
}
function requireRoom(text, mostBytes = Infinity) {
  const bytes = text.length * 2
  if (bytes <= mostBytes) return
  throw new AuthError('ERR_STORE_TOO_LARGE', `The keyring holds ${mostBytes} bytes an entry; this needs ${bytes}.`)
}
function notKept() {
  return new AuthError('ERR_STORE_NOT_KEPT', 'The keyring accepted the entry and does not give it back as it was.')
}
function notRemoved() {
  return new AuthError('ERR_STORE_NOT_KEPT', 'The keyring accepted the removal and still has the entry.', {
    advice: 'Remove the entry with the tools of your system.',
  })
}
var defaultTimeoutMs
var init_keyring_entry = __esm({
  'src/stores/keyring-entry.ts'() {
    'use strict'
    init_core()
    init_keyring_failure()
    init_system_keyring()
    defaultTimeoutMs = 3e3
  },
})

// src/stores/codex-keyring.ts
import { createHash as createHash3 } from 'node:crypto'
import { realpath as realpath2 } from 'node:fs/promises'
async function codexKeyringAccount(codexHome) {
  const path = await realpath2(codexHome).catch(() => codexHome)
  return `cli|${createHash3('sha256').update(path).digest('hex').slice(0, 16)}`
}
function createCodexKeyring(codexHome, options2) {
  const where = `the keyring entry "${service}" of ${codexHome}`
  let opened
  async function openEntry() {
    const account = await codexKeyringAccount(codexHome)
    if (opened?.account !== account) opened = { account, entry: createTrustedEntry({ service, account, ...options2 }) }
    return opened.entry
  }
  return {
    where,
    pollMs: 200,
    // One line, as the CLI writes it.
    blank: '{}',
    read: async () => toContent(await (await openEntry()).read()),
    async whole({ content }, isReplaceable = false) {
      if (!('damage' in content)) return content.credential
      if (isReplaceable) return void 0
      throw new AuthError(content.damage.code, `In ${where}: ${content.damage.summary} It was left as it is.`)
    },
    storing: (transaction, assertHeld) => storeIn(openEntry, transaction, assertHeld),
  }
}
function toContent(text) {
  if (text === void 0) return { text, content: { credential: void 0, size: 0 } }
  try {
    return { text, content: { credential: parseAuthFile(text), size: text.length } }
  } catch (error) {
    if (!isAuthError(error)) throw error
    return { text: void 0, content: { damage: error, bytes: Buffer.from(text) } }
  }
}
function storeIn(openEntry, transaction, assertHeld) {
  async function store(work) {
    await assertHeld()
    await work(await openEntry())
    await transaction.keep()
  }
  return {
    announce: (intent) => transaction.announce(intent),
    write: (text) => store((entry) => entry.write(text)),
    remove: () => store((entry) => entry.remove()),
    keep: () => transaction.keep(),
    fail: (error) => transaction.fail(error),
    end: () => transaction.end(),
    get announced() {
      return transaction.announced
    },
  }
}
var service
var init_codex_keyring = __esm({
  'src/stores/codex-keyring.ts'() {
    'use strict'
    init_core()
    init_keyring_entry()
    service = 'Codex Auth'
  },
})

// src/stores/flock.ts
import { constants as constants3 } from 'node:os'
async function loadFlock() {
  if (process.platform === 'win32') throw notOnWindows()
  const { default: koffi } = await loadKoffi()
  const flock = koffi.load(null).func('int flock(int descriptor, int operation)')
  function call2(descriptor, operation) {
    return Number(flock(descriptor, operation)) === 0 ? 0 : koffi.errno()
  }
  return {
    tryLock(descriptor) {
      const failure2 = call2(descriptor, operations.exclusive | operations.nonBlocking)
      if (failure2 === constants3.errno.EWOULDBLOCK) return false
      if (failure2 !== 0) throw new AuthError('ERR_STORE_WRITE', `flock failed with the system's error ${failure2}.`)
      return true
    },
    unlock: (descriptor) => void call2(descriptor, operations.unlock),
  }
}
async function loadKoffi() {
  try {
    return await import('koffi')
  } catch (error) {
    throw new AuthError('ERR_CONFIG_MISSING_PACKAGE', 'Sharing with the Codex CLI needs the package koffi.', {
      cause: error,
      advice: 'Install it: npm install koffi',
    })
  }
}
function notOnWindows() {
  return new AuthError('ERR_CONFIG_USAGE', 'On Windows planpass cannot take the locks of the Codex CLI.', {
    advice: 'Borrow its access token instead, or give planpass a sign-in of its own.',
  })
}
var operations
var init_flock = __esm({
  'src/stores/flock.ts'() {
    'use strict'
    init_core()
    operations = { exclusive: 2, nonBlocking: 4, unlock: 8 }
  },
})

// src/stores/codex-locks.ts
import { open as open6 } from 'node:fs/promises'
import { join as join5 } from 'node:path'
async function openCodexLocks(codexHome, clock = systemClock) {
  const flock = await loadFlock()
  const outer = await openLockFile(codexHome, 'auth.lock', 438)
  const inner = await openLockFile(codexHome, 'auth.json.lock', 384).catch(async (error) => {
    await outer.file.close()
    throw error
  })
  let isOverdue = false
  function release() {
    flock.unlock(inner.file.fd)
    flock.unlock(outer.file.fd)
  }
  function giveUp() {
    isOverdue = true
    release()
  }
  return {
    async hold(work) {
      const held = new AbortController()
      isOverdue = false
      try {
        await waitForLock(flock, outer, clock)
        void clock.sleep(longestHoldMs, held.signal).then(giveUp, () => void 0)
        await waitForLock(flock, inner, clock)
        return await work()
      } finally {
        held.abort()
        release()
      }
    },
    assertHeld() {
      if (isOverdue) throw lockLost(inner.path)
    },
    close: async () => {
      await Promise.all([inner.file.close(), outer.file.close()])
    },
  }
}
async function openLockFile(codexHome, name, mode) {
  const path = join5(codexHome, name)
  const file = await open6(path, 'a+', mode)
  await giveToOwnerOf(codexHome, file)
  return { path, file }
}
async function waitForLock(flock, { path, file }, clock) {
  for (let waitedMs = 0; !flock.tryLock(file.fd); waitedMs += pauseMs2) {
    if (waitedMs >= longestWaitMs) throw locked(path)
    await clock.sleep(pauseMs2)
  }
}
function locked(path) {
  return new AuthError('ERR_STORE_LOCKED', `The Codex CLI, or another program, holds ${path}.`)
}
var longestHoldMs, longestWaitMs, pauseMs2
var init_codex_locks = __esm({
  'src/stores/codex-locks.ts'() {
    'use strict'
    init_core()
    init_file_owner()
    init_flock()
    init_held_lock()
    longestHoldMs = 4e3
    longestWaitMs = 1e4
    pauseMs2 = 5
  },
})

// src/stores/codex-failure.ts
function explainSharedFailure(error, place) {
  if (!isAuthError(error)) return error
  const explain2 = explanations[error.code]
  return explain2 ? new AuthError(error.code, explain2(place), { cause: error, advice }) : error
}
var advice, explanations
var init_codex_failure = __esm({
  'src/stores/codex-failure.ts'() {
    'use strict'
    init_core()
    advice =
      'Run `codex login` to sign in again; to keep it from happening, give planpass a sign-in of its own with `planpass login`.'
    explanations = {
      ERR_TOKEN_REFRESH_REUSED: (place) =>
        `Another program has used the refresh token in ${place} and not stored what it got for it. planpass uses each token once; the Codex CLI, which shares this sign-in, refreshes without waiting for anybody.`,
      ERR_TOKEN_REFRESH_REVOKED: (place) =>
        `The server has ended the sign-in in ${place}. If nobody signed out, a refresh token was used twice. planpass uses each token once; the Codex CLI, which shares this sign-in, refreshes without waiting for anybody.`,
    }
  },
})

// src/stores/edit-json.ts
function editJson(text, after) {
  const before = JSON.parse(text)
  if (!isJsonObject(before)) throw new TypeError('Only the text of a JSON object can be edited.')
  const start2 = skipBlanks(text, 0)
  return applyEdits(text, objectEdits(text, start2, before, after))
}
function objectEdits(text, start2, before, after) {
  const members = readMembers(text, start2)
  const last = new Map(members.map((member) => [member.key, member]))
  const kept = members.filter(({ key }) => Object.hasOwn(after, key) && after[key] !== void 0)
  const added = Object.entries(after).filter(([key, value]) => value !== void 0 && !last.has(key))
  if (members.length === 0 && added.length === 0) return []
  if (kept.length === 0) return [{ ...objectSpan(text, start2, members), by: serialize(after, indentOf(text, start2)) }]
  const changes = [...last].flatMap(([key, { value }]) =>
    kept.some((member) => member.key === key) ? valueEdits(text, value, before[key], after[key]) : [],
  )
  return [...changes, ...removals(members, kept), ...additions(text, start2, kept, added)]
}
function valueEdits(text, span, before, after) {
  if (after === void 0 || isEqual(before, after)) return []
  if (isJsonObject(before) && isJsonObject(after)) return objectEdits(text, span.start, before, after)
  return [{ ...span, by: serialize(after, indentOf(text, span.start)) }]
}
function removals(members, kept) {
  const [first] = kept
  return members.flatMap((member, index) => {
    if (!first || kept.includes(member)) return []
    const next = members[index + 1]
    const previous = members[index - 1]
    const isLeading = member.keySpan.start < first.keySpan.start
    if (isLeading && next) return [{ start: member.keySpan.start, end: next.keySpan.start, by: '' }]
    return previous ? [{ start: previous.value.end, end: member.value.end, by: '' }] : []
  })
}
function additions(text, start2, kept, added) {
  const last = kept.at(-1)
  if (!last || added.length === 0) return []
  const layout = text.slice(start2 + 1, skipBlanks(text, start2 + 1))
  const colon = text.slice(last.keySpan.end, last.value.start)
  const by = added.map(([key, value = null]) => {
    return `,${layout}${JSON.stringify(key)}${colon}${serialize(value, layoutIndent(layout))}`
  })
  return [{ start: last.value.end, end: last.value.end, by: by.join('') }]
}
function applyEdits(text, edits) {
  let end2 = 0
  const parts = edits
    .toSorted((one, other) => one.start - other.start || one.end - other.end)
    .map((edit) => {
      const part = text.slice(end2, edit.start) + edit.by
      end2 = edit.end
      return part
    })
  return parts.join('') + text.slice(end2)
}
function serialize(value, indent) {
  if (indent === void 0) return JSON.stringify(value)
  return JSON.stringify(value, void 0, 2).replaceAll(
    '\n',
    `
${indent}`,
  )
}
function indentOf(text, position) {
  const line = text.lastIndexOf('\n', position - 1)
  return line === -1 ? void 0 : text.slice(line + 1, skipBlanks(text, line + 1))
}
function layoutIndent(layout) {
  return layout.includes('\n') ? layout.slice(layout.lastIndexOf('\n') + 1) : void 0
}
function isEqual(one, other) {
  if (Array.isArray(one)) {
    return (
      Array.isArray(other) && one.length === other.length && one.every((item, index) => isEqual(item, other[index]))
    )
  }
  if (!isJsonObject(one) || !isJsonObject(other)) return Object.is(one, other)
  const keys = Object.keys(one)
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isEqual(one[key], other[key]))
  )
}
function objectSpan(text, start2, members) {
  return { start: start2, end: text.indexOf('}', members.at(-1)?.value.end ?? start2) + 1 }
}
function readMembers(text, start2) {
  const members = []
  let position = skipBlanks(text, start2 + 1)
  while (text[position] === '"') {
    const keySpan = { start: position, end: endOfString(text, position) }
    const valueStart = skipBlanks(text, text.indexOf(':', keySpan.end) + 1)
    const value = { start: valueStart, end: endOfValue(text, valueStart) }
    members.push({ key: String(JSON.parse(text.slice(keySpan.start, keySpan.end))), keySpan, value })
    position = skipBlanks(text, value.end)
    if (text[position] === ',') position = skipBlanks(text, position + 1)
  }
  return members
}
function endOfValue(text, start2) {
  if (text[start2] === '"') return endOfString(text, start2)
  if (text[start2] !== '{' && text[start2] !== '[') return endOf(/[^\s,\]}]+/y, text, start2)
  let depth = 0
  let position = start2
  do {
    const character = text[position]
    if (character === '{' || character === '[') depth += 1
    if (character === '}' || character === ']') depth -= 1
    position = character === '"' ? endOfString(text, position) : position + 1
  } while (depth > 0)
  return position
}
function endOfString(text, start2) {
  let position = start2 + 1
  while (text[position] !== '"') position += text[position] === '\\' ? 2 : 1
  return position + 1
}
function skipBlanks(text, start2) {
  return endOf(/[ \t\n\r]*/y, text, start2)
}
function endOf(pattern, text, start2) {
  pattern.lastIndex = start2
  pattern.exec(text)
  return pattern.lastIndex
}
var init_edit_json = __esm({
  'src/stores/edit-json.ts'() {
    'use strict'
    init_core()
  },
})

// src/stores/codex-merge.ts
function isOutdated({ base, next, isRotation }, now) {
  if (now?.mode !== 'chatgpt') return isRotation
  const basis = base?.mode === 'chatgpt' ? base : void 0
  if (basis && isSameToken(basis, now)) return false
  return !isOlder(now, isRotation ? basis : next)
}
function isSameToken(one, other) {
  return one.refreshToken ? one.refreshToken.equals(other.refreshToken) : one.accessToken.equals(other.accessToken)
}
function isOlder(one, other) {
  const [oneMs, otherMs] = [obtainedMs(one), other && obtainedMs(other)]
  return oneMs !== void 0 && otherMs !== void 0 && oneMs < otherMs
}
function obtainedMs({ lastRefreshMs, issuedAtMs }) {
  return lastRefreshMs ?? issuedAtMs
}
function toSharedText(next, text) {
  if (text === void 0) return serializeAuthFile(next)
  const document = next.document ?? new Secret(text)
  return editJson(text, parseJsonObject(serializeAuthFile({ ...next, document })) ?? {})
}
var init_codex_merge = __esm({
  'src/stores/codex-merge.ts'() {
    'use strict'
    init_core()
    init_edit_json()
  },
})

// src/stores/codex-update.ts
async function updateShared(place, change, options2) {
  for (let attempts = 0; attempts < mostAttempts; attempts += 1) {
    const decided = await attempt(place, change, options2)
    if (decided) return decided.result
  }
  throw new AuthError('ERR_STORE_LOCKED', `Another program keeps changing ${place.backing.where}.`)
}
async function attempt(place, change, options2) {
  const base = await place.backing.read()
  const current = await place.backing.whole(base, options2.replaceCorrupt)
  const transaction = await place.begin(base)
  const context = {
    async announce(intent) {
      if (await changesUntilQuiet(place, base)) throw new Superseded()
      await transaction.announce(intent)
    },
  }
  try {
    const decided = await change(current, context)
    if ('keep' in decided) await transaction.keep()
    else if (!(await commit(place, transaction, base, decided, options2))) return void 0
    return decided
  } catch (error) {
    if (error instanceof Superseded) return void 0
    await transaction.fail(error)
    const isSpentByOther = transaction.announced !== void 0 && isKnownRefusal(error)
    if (isSpentByOther && (await changesWithin(place, base, lateWriteMs))) return void 0
    const isOurDoing = await mayHaveBeenSpent(place, current)
    throw isOurDoing ? error : explainSharedFailure(error, place.backing.where)
  } finally {
    await transaction.end()
  }
}
async function mayHaveBeenSpent(place, current) {
  const token = current?.mode === 'chatgpt' ? current.refreshToken : void 0
  return token !== void 0 && (await place.isUnfinished(await fingerprint(token)))
}
function commit(place, transaction, base, decided, options2) {
  return place.withoutOthers(async () => {
    const now = await place.backing.read()
    const isChanged = !isSame(now, base)
    if ('remove' in decided) {
      if (isChanged) return false
      await transaction.remove()
      return true
    }
    const found = await place.backing.whole(now, options2.replaceCorrupt)
    const pending = { base: credentialOf(base), next: decided.write, isRotation: transaction.announced !== void 0 }
    if (isChanged && isOutdated(pending, found)) await transaction.keep()
    else {
      const next = isChanged ? withoutDocument(decided.write) : decided.write
      await transaction.write(toSharedText(next, now.text ?? place.backing.blank))
    }
    return true
  })
}
function withoutDocument(credential) {
  const { document: _document, ...others } = credential
  return others
}
function credentialOf({ content }) {
  return 'damage' in content ? void 0 : content.credential
}
async function changesUntilQuiet(place, base) {
  const { pollMs } = place.backing
  const activity = place.watch()
  try {
    let quietMs = 0
    for (let waitedMs = 0; quietMs < place.yieldMs && waitedMs < longestYieldMs; waitedMs += pollMs) {
      if (!isSame(await place.backing.read(), base)) return true
      await place.clock.sleep(pollMs)
      quietMs = activity.hasHappened() ? 0 : quietMs + pollMs
    }
    return !isSame(await place.backing.read(), base)
  } finally {
    activity.close()
  }
}
async function changesWithin(place, base, milliseconds) {
  const { pollMs } = place.backing
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    if (!isSame(await place.backing.read(), base)) return true
    if (waitedMs >= milliseconds) return false
    await place.clock.sleep(pollMs)
  }
}
function isSame(one, other) {
  if (one.text !== void 0 || other.text !== void 0) return one.text === other.text
  const [bytes, others] = [bytesOf(one), bytesOf(other)]
  return bytes && others ? bytes.equals(others) : bytes === others
}
function bytesOf({ content }) {
  return 'damage' in content ? content.bytes : void 0
}
var mostAttempts, longestYieldMs, lateWriteMs, Superseded
var init_codex_update = __esm({
  'src/stores/codex-update.ts'() {
    'use strict'
    init_core()
    init_codex_failure()
    init_codex_merge()
    init_journal()
    mostAttempts = 5
    longestYieldMs = 5e3
    lateWriteMs = 2e3
    Superseded = class extends Error {}
  },
})

// src/stores/folder-activity.ts
import { watch } from 'node:fs'
function watchFolder(path) {
  let isActive = false
  const watcher = tryWatch(path, () => {
    isActive = true
  })
  return {
    hasHappened() {
      const wasActive = isActive
      isActive = false
      return wasActive
    },
    close: () => watcher?.close(),
  }
}
function tryWatch(path, onChange) {
  try {
    return watch(path, { persistent: false }, onChange).on('error', () => void 0)
  } catch {
    return void 0
  }
}
var init_folder_activity = __esm({
  'src/stores/folder-activity.ts'() {
    'use strict'
  },
})

// src/stores/codex.ts
var codex_exports = {}
__export(codex_exports, {
  createCodexStore: () => createCodexStore,
})
import { join as join6 } from 'node:path'
function createCodexStore(options2) {
  const { codexHome, yieldMs = defaultYieldMs, lockOptions = {}, clock = systemClock } = options2
  const path = join6(codexHome, 'auth.json')
  const backing = openBacking(path, options2)
  const { read: read2, revision } = createDocumentFile(path, codexCodec, lockOptions)
  const reading = options2.mode === 'file' ? { read: read2, ...(revision && { revision }) } : { read: readBacking }
  const takeTurn = createTurns()
  let transaction
  async function readBacking() {
    return backing.whole(await backing.read())
  }
  async function unfinishedIntent(tokenFingerprint) {
    const entries = await readJournal(path)
    const own = transaction?.announced
    return entries.find((entry) => entry.tokenFingerprint === tokenFingerprint && entry.id !== own?.id)
  }
  function openPlace(file, locks) {
    const lock = {
      ...file.lock,
      assertHeld: async () => {
        await file.lock.assertHeld()
        locks.assertHeld()
      },
    }
    return {
      backing,
      clock,
      yieldMs,
      watch: () => watchFolder(codexHome),
      async begin({ text = '' }) {
        transaction = await beginTransaction({ ...file, lock }, Buffer.byteLength(text))
        return backing.storing(transaction, lock.assertHeld)
      },
      isUnfinished: async (token) => (await unfinishedIntent(token)) !== void 0,
      withoutOthers: (work) => locks.hold(work),
    }
  }
  async function updateLocked(file, change, updateOptions) {
    const locks = await orWriteFailure(() => openCodexLocks(codexHome))
    try {
      await orWriteFailure(() => locks.hold(() => recover(file.target)))
      return await updateShared(openPlace(file, locks), change, updateOptions)
    } finally {
      transaction = void 0
      await locks.close()
    }
  }
  async function orWriteFailure(work) {
    try {
      return await work()
    } catch (error) {
      throw toWriteFailure(path, error)
    }
  }
  return {
    kind: 'codex',
    ...reading,
    describe: () => `${backing.where}, shared with the Codex CLI`,
    update: (change, updateOptions = {}) =>
      takeTurn(
        () =>
          withLockedFile(path, lockOptions, updateOptions.signal, (file) => updateLocked(file, change, updateOptions)),
        updateOptions.signal,
      ),
    unfinishedIntent,
  }
}
function openBacking(path, { mode, codexHome, keyring, keyringTimeoutMs }) {
  if (mode === 'file') return createCodexFile(path)
  return createCodexKeyring(codexHome, {
    ...(keyring && { keyring }),
    ...(keyringTimeoutMs !== void 0 && { timeoutMs: keyringTimeoutMs }),
  })
}
async function recover(target) {
  await finishWriting(target)
  await settleOrphans(target, codexCodec)
}
var defaultYieldMs
var init_codex2 = __esm({
  'src/stores/codex.ts'() {
    'use strict'
    init_core()
    init_codex_file()
    init_codex_keyring()
    init_codex_locks()
    init_codex_update()
    init_document_file()
    init_file_errors()
    init_file_transaction()
    init_folder_activity()
    init_journal()
    init_locked_file()
    init_orphans()
    init_write_in_place()
    defaultYieldMs = 1e3
  },
})

// src/stores/replace-file.ts
var replace_file_exports = {}
__export(replace_file_exports, {
  replaceFile: () => replaceFile,
})
import { mkdir as mkdir2 } from 'node:fs/promises'
import { dirname as dirname8 } from 'node:path'
async function replaceFile(path, text) {
  try {
    await mkdir2(dirname8(path), { recursive: true, mode: 448 })
    const replacement = await prepareReplacement(path)
    try {
      await replacement.commit(text)
    } finally {
      await replacement.discard()
    }
  } catch (error) {
    throw toWriteFailure(path, error)
  }
}
var init_replace_file = __esm({
  'src/stores/replace-file.ts'() {
    'use strict'
    init_atomic_write()
    init_file_errors()
  },
})

// src/stores/encrypted-bytes.ts
function encodeBytes(bytes) {
  return Buffer.from(bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes).toString('base64url')
}
function decodeBytes(text, member) {
  if (!text || !/^[\w-]+$/.test(text)) throw corruptDocument(`\`${member}\` is missing or not base64url`)
  return Buffer.from(text, 'base64url')
}
function corruptDocument(why) {
  return new AuthError('ERR_STORE_CORRUPT', `The encrypted credential cannot be read: ${why}.`)
}
var init_encrypted_bytes = __esm({
  'src/stores/encrypted-bytes.ts'() {
    'use strict'
    init_core()
  },
})

// src/stores/encrypted-document.ts
function createEncryptedCodec(encryptionKey) {
  return {
    prepare: () => encryptionKey.seal(),
    async encode(credential) {
      const { key, parameters } = await encryptionKey.seal()
      const iv = crypto.getRandomValues(new Uint8Array(ivBytes))
      const plaintext = new TextEncoder().encode(serializeAuthFile(credential))
      const ciphertext = encodeBytes(await crypto.subtle.encrypt(cipher(iv, parameters), key, plaintext))
      const document = { planpass: purpose, v: version, key: parameters, iv: encodeBytes(iv), ciphertext }
      return JSON.stringify(document, void 0, 2)
    },
    async decode(text) {
      const { parameters, iv, ciphertext } = parseDocument(text)
      const key = await encryptionKey.open(parameters)
      return parseAuthFile(await decrypt(cipher(iv, parameters), key, ciphertext))
    },
  }
}
function parseDocument(text) {
  const document = parseJsonObject(text)
  if (!document) throw corruptDocument('it is not a JSON object')
  if (document['planpass'] !== purpose)
    throw notOurs('is not encrypted by planpass', 'Look what the file is, then move it away.')
  if (document['v'] !== version) throw notOurs('has a version this planpass does not know', 'Update planpass.')
  const parameters = readObject(document, 'key')
  if (!parameters) throw corruptDocument('`key` is missing or not an object')
  const iv = decodeBytes(readString(document, 'iv'), 'iv')
  if (iv.byteLength !== ivBytes) throw corruptDocument('`iv` has the wrong length')
  return { parameters, iv, ciphertext: decodeBytes(readString(document, 'ciphertext'), 'ciphertext') }
}
function cipher(iv, parameters) {
  const context = JSON.stringify([purpose, version, parameters])
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(context) }
}
async function decrypt(parameters, key, ciphertext) {
  try {
    return new TextDecoder().decode(await crypto.subtle.decrypt(parameters, key, ciphertext))
  } catch {
    throw new AuthError(
      'ERR_STORE_DECRYPT',
      'The stored credential cannot be decrypted: the passphrase or key is another one, or the file was changed.',
    )
  }
}
function notOurs(what, advice2) {
  return new AuthError('ERR_STORE_DECRYPT', `The stored credential ${what}.`, { advice: advice2 })
}
var purpose, version, ivBytes
var init_encrypted_document = __esm({
  'src/stores/encrypted-document.ts'() {
    'use strict'
    init_core()
    init_encrypted_bytes()
    purpose = 'encrypted-credential'
    version = 1
    ivBytes = 12
  },
})

// src/stores/encryption-key.ts
import { createHash as createHash4, randomBytes, scrypt } from 'node:crypto'
function createPassphraseKey(passphrase) {
  const password = passphrase.reveal().normalize('NFC')
  if (password === '')
    throw new AuthError('ERR_CONFIG_USAGE', 'The passphrase is empty.', { advice: 'Choose a longer one.' })
  let last
  function derive(parameters) {
    if (last && isSame2(last.parameters, parameters)) return last.key
    const key = deriveBytes(password, parseDerivation(parameters)).then(importKey)
    last = { parameters, key }
    return key
  }
  return {
    async open(parameters) {
      requireKind(parameters, 'scrypt', 'a passphrase was given')
      return derive(parameters)
    },
    async seal() {
      const fresh = { kind: 'scrypt', ...cost, salt: randomBytes(saltBytes).toString('base64url') }
      const parameters = last?.parameters ?? fresh
      return { key: await derive(parameters), parameters }
    },
  }
}
function createSourceKey(source) {
  let last
  async function remember(bytes) {
    if (bytes.byteLength !== keyBytes) throw locked2(`${source.describe()} holds ${bytes.byteLength} bytes and not 32`)
    last = { key: await importKey(bytes), parameters: { kind: 'source', id: keyId(bytes) } }
    return last
  }
  async function find() {
    const bytes = await source.read()
    if (!bytes) throw locked2(`its key is no longer in ${source.describe()}`)
    return remember(bytes)
  }
  return {
    async open(parameters) {
      requireKind(parameters, 'source', `the key of ${source.describe()} was given`)
      const known = last && isSame2(last.parameters, parameters) ? last : await find()
      if (!isSame2(known.parameters, parameters)) throw locked2(`${source.describe()} holds another key`)
      return known.key
    },
    seal: async () => last ?? remember((await source.read()) ?? (await source.create())),
  }
}
function keyId(bytes) {
  return createHash4('sha256').update(bytes).digest('hex').slice(0, 16)
}
function requireKind(parameters, kind, given2) {
  if (parameters['kind'] === kind) return
  const needed = parameters['kind'] === 'scrypt' ? 'it needs a passphrase' : 'it needs a stored key'
  throw locked2(`${needed}, and ${given2}`)
}
function parseDerivation(parameters) {
  const [n, r, p] = [positive(parameters, 'n'), positive(parameters, 'r'), positive(parameters, 'p')]
  const isPowerOfTwo = n > 1 && Math.log2(n) % 1 === 0
  if (!isPowerOfTwo || memoryBytes({ n, r, p }) > mostMemoryBytes)
    throw corruptDocument('its scrypt settings are out of range')
  return { n, r, p, salt: decodeBytes(readString(parameters, 'salt'), 'salt') }
}
function positive(parameters, member) {
  const value = readNumber(parameters, member)
  if (value === void 0 || !Number.isSafeInteger(value) || value < 1) throw corruptDocument(`\`${member}\` is no count`)
  return value
}
function memoryBytes({ n, r, p }) {
  return 128 * r * (n + p + 2)
}
function deriveBytes(password, { n, r, p, salt }) {
  const settings = { N: n, r, p, maxmem: memoryBytes({ n, r, p }) }
  return new Promise((resolve3, reject) => {
    scrypt(password, salt, keyBytes, settings, (error, bytes) => (error ? reject(error) : resolve3(bytes)))
  })
}
function importKey(bytes) {
  return crypto.subtle.importKey('raw', new Uint8Array(bytes), 'AES-GCM', false, ['encrypt', 'decrypt'])
}
function isSame2(one, other) {
  return JSON.stringify(one) === JSON.stringify(other)
}
function locked2(why) {
  return new AuthError('ERR_STORE_DECRYPT', `The stored credential cannot be decrypted: ${why}.`)
}
var cost, mostMemoryBytes, keyBytes, saltBytes
var init_encryption_key = __esm({
  'src/stores/encryption-key.ts'() {
    'use strict'
    init_core()
    init_encrypted_bytes()
    cost = { n: 2 ** 17, r: 8, p: 1 }
    mostMemoryBytes = 512 * 1024 * 1024
    keyBytes = 32
    saltBytes = 16
  },
})

// src/stores/encrypted-file.ts
var encrypted_file_exports = {}
__export(encrypted_file_exports, {
  changeEncryptionKey: () => changeEncryptionKey,
  createEncryptedFileStore: () => createEncryptedFileStore,
  createPassphraseKey: () => createPassphraseKey,
  createSourceKey: () => createSourceKey,
})
function createEncryptedFileStore(path, key, lockOptions) {
  return { kind: 'encrypted-file', ...createDocumentFile(path, createEncryptedCodec(key), lockOptions) }
}
function changeEncryptionKey({ path, from, to }, lockOptions) {
  const [old, next] = [createEncryptedCodec(from), createEncryptedCodec(to)]
  const codec = { decode: (text) => old.decode(text), encode: (credential) => next.encode(credential) }
  return createDocumentFile(path, codec, lockOptions).update(async (current) => {
    if (!current) return { keep: true, result: false }
    if ('accessToken' in current) return { write: current, result: true }
    throw new AuthError('ERR_TOKEN_UNSUPPORTED_MODE', `What is stored has the mode ${current.mode}.`)
  })
}
var init_encrypted_file = __esm({
  'src/stores/encrypted-file.ts'() {
    'use strict'
    init_core()
    init_document_file()
    init_encrypted_document()
    init_encryption_key()
  },
})

// src/stores/keyring-key-source.ts
var keyring_key_source_exports = {}
__export(keyring_key_source_exports, {
  createKeyringKeySource: () => createKeyringKeySource,
})
import { randomBytes as randomBytes2 } from 'node:crypto'
function createKeyringKeySource(place) {
  const entry = createTrustedEntry(place)
  const where = `the keyring of the system (service ${place.service}, account ${place.account})`
  return {
    describe: () => where,
    async read() {
      const text = await entry.read()
      return text === void 0 ? void 0 : parseKey(text, where)
    },
    async create() {
      const key = randomBytes2(32)
      await entry.write(key.toString('base64url'))
      return key
    },
  }
}
function parseKey(text, where) {
  if (/^[\w-]{43}$/.test(text)) return Buffer.from(text, 'base64url')
  throw new AuthError('ERR_STORE_DECRYPT', `The entry in ${where} is not a key.`, {
    advice: 'Give each encrypted file an account of its own.',
  })
}
var init_keyring_key_source = __esm({
  'src/stores/keyring-key-source.ts'() {
    'use strict'
    init_core()
    init_keyring_entry()
  },
})

// src/stores/keyring.ts
var keyring_exports = {}
__export(keyring_exports, {
  createKeyringKeySource: () => createKeyringKeySource,
  createKeyringStore: () => createKeyringStore,
  createSystemKeyring: () => createSystemKeyring,
})
import { join as join8 } from 'node:path'
function createKeyringStore({ folder, lockOptions, ...place }) {
  const entry = createTrustedEntry(place)
  const marker = createDocumentFile(join8(folder, 'keyring.json'), markerCodec(place), lockOptions)
  return {
    kind: 'keyring',
    describe: () => `the keyring of the system (service ${place.service}, account ${place.account})`,
    read: (options2 = {}) => readEntry(entry, options2),
    update: (change, options2 = {}) =>
      marker.update(async (_, context) => {
        const decided = await change(await readEntry(entry, options2), context)
        await apply(decided, entry)
        return decided
      }, options2),
    revision: async () => (await marker.revision?.()) ?? ((await entry.read()) === void 0 ? void 0 : 'unmarked'),
    unfinishedIntent: async (tokenFingerprint) => marker.unfinishedIntent?.(tokenFingerprint),
  }
}
function markerCodec({ service: service3, account }) {
  return {
    encode: async () => JSON.stringify({ planpass: 'keyring', service: service3, account }, void 0, 2),
    decode: async () => void 0,
  }
}
async function readEntry(entry, { signal, replaceCorrupt }) {
  const text = await entry.read(signal)
  if (text === void 0) return void 0
  try {
    return parseAuthFile(text)
  } catch (error) {
    if (!isAuthError(error)) throw error
    if (replaceCorrupt) return void 0
    throw new AuthError(error.code, `In the keyring: ${error.summary} It was left as it is.`)
  }
}
async function apply(decided, entry) {
  if ('write' in decided) await entry.write(JSON.stringify(JSON.parse(serializeAuthFile(decided.write))))
  if ('remove' in decided) await entry.remove()
}
var init_keyring = __esm({
  'src/stores/keyring.ts'() {
    'use strict'
    init_core()
    init_document_file()
    init_keyring_entry()
    init_keyring_key_source()
    init_system_keyring()
  },
})

// tools/skill-script.mjs
import { parseArgs } from 'node:util'

// src/agent/skill.ts
init_core()

// src/agent/agent-failures.ts
init_core()
var failures = {
  device_login_disabled: {
    message:
      'Signing in with a code is switched off. It is enabled in ChatGPT under Settings, Security, or by the admin of the workspace.',
    nextAction: 'enable_device_login',
  },
  wrong_account: {
    message: 'Another account signed in than the one that is connected. Nothing was replaced.',
    nextAction: 'none',
  },
  approval_lost: {
    message: 'The approval could not be turned into a sign-in: it was used up, or too old. Nothing was replaced.',
    nextAction: 'start_again',
  },
  unknown_flow: { message: 'There is no such sign-in under way.', nextAction: 'start_again' },
  flow_unreadable: {
    message: 'What was kept of the sign-in under way cannot be read. Whoever is signed in stays so.',
    nextAction: 'start_again',
  },
  other_credential: {
    message: 'The profile holds another kind of credential, which was left alone.',
    nextAction: 'none',
  },
  network: {
    message: 'The service cannot be reached. Nothing was lost.',
    nextAction: 'try_again_later',
    retryable: true,
  },
  rate_limited: {
    message: 'The service asks to slow down, or a limit of the plan is reached.',
    nextAction: 'try_again_later',
    retryable: true,
  },
  region_unavailable: { message: 'The service is not available from here.', nextAction: 'none' },
  usage_unavailable: {
    message: 'The service tells no usage right now. That is not the same as nothing being used.',
    nextAction: 'try_again_later',
    retryable: true,
  },
  upstream: {
    message: 'The service answered in a way that is not understood. Nothing was lost.',
    nextAction: 'try_again_later',
    retryable: true,
  },
  store_unavailable: {
    message: 'The place where the sign-in is kept cannot be used. Run `planpass doctor`.',
    nextAction: 'none',
  },
  configuration: { message: 'Something is not set up as it has to be. Run `planpass doctor`.', nextAction: 'none' },
  internal: { message: 'Something went wrong that should not. Run `planpass doctor`.', nextAction: 'none' },
}
var codes = {
  ERR_SIGN_IN_DEVICE_DISABLED: 'device_login_disabled',
  ERR_SIGN_IN_WRONG_ACCOUNT: 'wrong_account',
  ERR_SIGN_IN_FAILED: 'approval_lost',
  ERR_TOKEN_UNSUPPORTED_MODE: 'other_credential',
  ERR_CONFIG_TERMS: 'other_credential',
  ERR_TOKEN_REFRESH_UNAVAILABLE: 'network',
  ERR_TOKEN_EXPIRED: 'network',
  ERR_TOKEN_WRONG_ORIGIN: 'configuration',
  ERR_UPSTREAM_REGION: 'region_unavailable',
  ERR_UPSTREAM_RATE_LIMITED: 'rate_limited',
  ERR_UPSTREAM_USAGE_LIMIT: 'rate_limited',
}
var areas = [
  ['ERR_NETWORK_', 'network'],
  ['ERR_STORE_', 'store_unavailable'],
  ['ERR_CONFIG_', 'configuration'],
  ['ERR_UPSTREAM_', 'upstream'],
]
function failure(code, reason) {
  const { message, nextAction, retryable = false } = failures[code]
  return { status: 'error', code, message, nextAction, retryable, ...(reason !== void 0 && { reason }) }
}
var ends = {
  reauth_required: { message: 'The sign-in has ended. The person has to sign in again.', nextAction: 'start_again' },
  denied: { message: 'The person refused the sign-in. Ask before starting another.', nextAction: 'none' },
  expired: { message: 'The code ended before it was approved.', nextAction: 'start_again' },
  cancelled: { message: 'The sign-in was called off. Who was signed in before still is.', nextAction: 'none' },
}
function end(status2) {
  return { status: status2, ...ends[status2] }
}
function toAgentResult(error) {
  if (!isAuthError(error)) return failure('internal')
  const { code, remedy } = error
  if (code === 'ERR_SIGN_IN_DENIED') return end('denied')
  if (code === 'ERR_SIGN_IN_EXPIRED') return end('expired')
  const named = codes[code]
  if (named) return failure(named, code)
  if (code === 'ERR_SIGN_IN_REQUIRED') return signedOut()
  const isAboutTokens = /^ERR_(TOKEN|UPSTREAM)_/.test(code)
  if (isAboutTokens && remedy === 'sign-in') return end('reauth_required')
  const area = areas.find(([prefix]) => code.startsWith(prefix))
  return failure(area?.[1] ?? 'internal', code)
}
function signedOut() {
  return { status: 'signed_out', message: 'Nobody is signed in.', nextAction: 'none' }
}

// src/core/oauth/authorization-code.ts
init_failed_response()
init_failure_table()
init_network_failure()
init_codex()
init_issuer_failures()
init_send()
init_token_response()
function authorizationCodeRequest(provider, grant, transport) {
  const fields = {
    grant_type: 'authorization_code',
    client_id: provider.clientId,
    code: grant.code.reveal(),
    redirect_uri: grant.redirectUri,
    code_verifier: grant.verifier.reveal(),
  }
  return postForm(endpointsOf(provider.issuer).token, fields, transport)
}
async function processAuthorizationCodeResponse(response) {
  if (response.ok) return requireWholeTokenSet(parseTokenSet(await readText(response)))
  throw classifyFailure(exchangeFailures, await readFailedResponse(response))
}

// src/core/oauth/device-code.ts
init_errors()
init_failed_response()
init_failure_table()
init_json()
init_network_failure()
init_codex()
init_secret()
init_issuer_failures()
init_send()
var codeLifetimeMs = 15 * 60 * 1e3
var defaultIntervalMs = 5e3
function userCodeRequest(provider, transport) {
  return postJson(endpointsOf(provider.issuer).deviceUserCode, { client_id: provider.clientId }, transport)
}
async function processUserCodeResponse(provider, response, nowMs) {
  const endpoints = endpointsOf(provider.issuer)
  if (!response.ok) throw classifyFailure(userCodeFailures, await readFailedResponse(response))
  const json = parseJsonObject(await readText(response))
  const deviceAuthId = readString(json, 'device_auth_id')
  const userCode = readString(json, 'user_code') ?? readString(json, 'usercode')
  if (!json || !deviceAuthId || !userCode || !/^[\w-]{1,32}$/.test(userCode)) {
    throw new AuthError('ERR_UPSTREAM_BAD_RESPONSE', 'The answer to the request for a user code has the wrong shape.')
  }
  return {
    deviceAuthId: new Secret(deviceAuthId),
    userCode,
    verificationUrl: endpoints.devicePage,
    intervalMs: readInterval(json),
    expiresAtMs: readExpiresAt(json, nowMs),
  }
}
function readInterval(json) {
  const value = json['interval']
  const isBlank = typeof value === 'string' && value.trim() === ''
  const seconds = typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN
  if (!Number.isFinite(seconds) || isBlank) return defaultIntervalMs
  return Math.max(1, seconds) * 1e3
}
function readExpiresAt(json, nowMs) {
  const expiresAtMs = Date.parse(readString(json, 'expires_at') ?? '')
  const latestMs2 = nowMs + codeLifetimeMs
  return expiresAtMs > nowMs && expiresAtMs < latestMs2 ? expiresAtMs : latestMs2
}
function devicePollRequest(provider, code, transport) {
  const body = { device_auth_id: code.deviceAuthId.reveal(), user_code: code.userCode }
  return postJson(endpointsOf(provider.issuer).deviceToken, body, transport)
}
async function processDevicePollResponse(provider, response) {
  if (response.ok) return parseApproval(provider, await readText(response))
  const failed = await readFailedResponse(response)
  const state = pollStates.get(failed.code ?? '')
  if (state) return { state }
  const error = classifyFailure(devicePollFailures, failed)
  const isNamed = error.code !== 'ERR_SIGN_IN_FAILED'
  if (isNamed) throw error
  if (failed.status === 403 || failed.status === 404) return { state: 'pending' }
  if (failed.status === 429) return { state: 'slow-down' }
  throw error
}
var pollStates = /* @__PURE__ */ new Map([
  ['authorization_pending', 'pending'],
  ['slow_down', 'slow-down'],
])
function parseApproval(provider, text) {
  const json = parseJsonObject(text)
  const code = readString(json, 'authorization_code')
  const verifier = readString(json, 'code_verifier')
  if (!code || !verifier) {
    throw new AuthError('ERR_UPSTREAM_BAD_RESPONSE', 'The approval of the sign-in has the wrong shape.')
  }
  const redirectUri = endpointsOf(provider.issuer).deviceRedirect
  return { state: 'approved', grant: { code: new Secret(code), verifier: new Secret(verifier), redirectUri } }
}

// src/core/new-credential.ts
init_base64url()
init_claims()
init_credential()
function toCredential({ provider, tokens, nowMs, replaces }) {
  const { accountId } = readIdentity(decodeClaims(tokens.idToken.reveal()))
  return {
    mode: 'chatgpt',
    idToken: tokens.idToken,
    accessToken: tokens.accessToken,
    refreshToken: tokens.refreshToken,
    ...(accountId !== void 0 && { accountId }),
    provenance: { issuer: provider.issuer, clientId: provider.clientId },
    loginOwnerId: randomBase64Url(32),
    lastRefreshMs: nowMs,
    ...derivedFrom(tokens.idToken, tokens.accessToken),
    ...(replaces?.document && { document: replaces.document }),
  }
}

// src/stores/file-store.ts
init_core()
init_document_file()
var authFileCodec = {
  encode: async (credential) => serializeAuthFile(credential),
  decode: async (text) => parseAuthFile(text),
}
function createFileStore(path, options2 = {}) {
  return { kind: 'file', ...createDocumentFile(path, authFileCodec, options2) }
}

// src/stores/file-cache.ts
import { readFile as readFile6 } from 'node:fs/promises'
import { join as join7 } from 'node:path'
function createFileCache(folder) {
  const fileOf = (name) => join7(folder, `${name}.json`)
  return {
    read: (name) => readFile6(fileOf(name), 'utf8').catch(() => void 0),
    write: (name, text) => replace(fileOf(name), text).catch(() => void 0),
  }
}
async function replace(path, text) {
  const { replaceFile: replaceFile2 } = await Promise.resolve().then(() => (init_replace_file(), replace_file_exports))
  await replaceFile2(path, text)
}

// src/stores/file-verdicts.ts
init_core()
var maximumVerdicts = 16
function createFileVerdicts(folder) {
  const cache = createFileCache(folder)
  const readAll = async () => parseJsonObject((await cache.read('refresh-verdicts')) ?? '{}') ?? {}
  return {
    recall: async (tokenFingerprint) => parseVerdict(readObject(await readAll(), tokenFingerprint)),
    remember: async (tokenFingerprint, { code, atMs }) => {
      const kept = Object.entries(await readAll()).slice(1 - maximumVerdicts)
      const verdicts2 = Object.fromEntries([...kept, [tokenFingerprint, { code, atMs }]])
      await cache.write('refresh-verdicts', JSON.stringify(verdicts2, void 0, 2))
    },
    isEmpty: async () => (await cache.read('refresh-verdicts')) === void 0,
  }
}
function parseVerdict(stored) {
  const code = readString(stored, 'code')
  const atMs = readNumber(stored, 'atMs')
  return code !== void 0 && isErrorCode(code) && atMs !== void 0 ? { code, atMs } : void 0
}
function isErrorCode(code) {
  return Object.hasOwn(errorTable, code)
}

// src/stores/chosen-storage.ts
init_core()
init_file_errors()
import { readFileSync } from 'node:fs'
import { join as join9 } from 'node:path'
var storages = ['file', 'encrypted-file:passphrase', 'encrypted-file:keyring', 'keyring', 'codex']
function readChosenStorage(folder) {
  const path = join9(folder, 'storage.json')
  const text = readIfThere(path)
  if (text === void 0) return void 0
  const chosen = parseChosenStorage(parseJsonObject(text))
  if (chosen) return chosen
  throw new AuthError('ERR_STORE_READ', `${path} does not say which storage was chosen.`, {
    advice: `Correct it: {"storage": "\u2026"} with one of ${storages.join(', ')}; or sign in again with --storage.`,
  })
}
function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isMissing(error) || systemCode(error) === 'ENOTDIR') return void 0
    throw new AuthError('ERR_STORE_READ', `${path} cannot be read (${systemCode(error) ?? 'unknown'}).`, {
      cause: error,
    })
  }
}
function parseChosenStorage(json) {
  const named = readString(json, 'storage')
  const storage = storages.find((known) => known === named)
  const account = readString(json, 'account')
  const codexHome = readString(json, 'codexHome')
  if (storage === 'file' || storage === 'encrypted-file:passphrase') return { storage }
  if (storage === 'codex') return codexHome ? { storage, codexHome } : void 0
  return storage && account ? { storage, account } : void 0
}

// src/stores/profile-store.ts
init_core()
import { join as join10 } from 'node:path'

// src/stores/lazy-store.ts
function createLazyStore(face, load) {
  let loading
  const store = () => (loading ??= load())
  return {
    ...face,
    read: async (options2) => (await store()).read(options2),
    update: async (change, options2) => (await store()).update(change, options2),
    revision: async () => (await store()).revision?.(),
    unfinishedIntent: async (tokenFingerprint) => (await store()).unfinishedIntent?.(tokenFingerprint),
  }
}

// src/stores/profile-store.ts
var service2 = 'planpass'
function authFileOf(folder, chosen) {
  switch (chosen.storage) {
    case 'file': {
      return join10(folder, 'auth.json')
    }
    case 'encrypted-file:passphrase':
    case 'encrypted-file:keyring': {
      return join10(folder, 'auth.encrypted.json')
    }
    case 'keyring': {
      return join10(folder, 'keyring.json')
    }
    case 'codex': {
      return join10(chosen.codexHome, 'auth.json')
    }
    default: {
      return chosen
    }
  }
}
function createProfileStore({ folder, storage: chosen, passphrase }) {
  const path = authFileOf(folder, chosen)
  switch (chosen.storage) {
    case 'file': {
      return createFileStore(path)
    }
    case 'encrypted-file:passphrase': {
      return createEncrypted(path, async ({ createPassphraseKey: createPassphraseKey2 }) =>
        createPassphraseKey2(requirePassphrase(passphrase)),
      )
    }
    case 'encrypted-file:keyring': {
      return createEncrypted(path, async ({ createSourceKey: createSourceKey2 }) => {
        const { createKeyringKeySource: createKeyringKeySource2 } = await Promise.resolve().then(
          () => (init_keyring_key_source(), keyring_key_source_exports),
        )
        return createSourceKey2(createKeyringKeySource2({ service: service2, account: chosen.account }))
      })
    }
    case 'keyring': {
      return createInKeyring(folder, chosen.account)
    }
    case 'codex': {
      return createShared(path, chosen.codexHome)
    }
    default: {
      return chosen
    }
  }
}
function createEncrypted(path, toKey) {
  return createLazyStore({ kind: 'encrypted-file', describe: () => path }, async () => {
    const module = await Promise.resolve().then(() => (init_encrypted_file(), encrypted_file_exports))
    return module.createEncryptedFileStore(path, await toKey(module))
  })
}
function createInKeyring(folder, account) {
  const describe = () => `the keyring of the system (service ${service2}, account ${account})`
  return createLazyStore({ kind: 'keyring', describe }, async () => {
    const { createKeyringStore: createKeyringStore2 } = await Promise.resolve().then(
      () => (init_keyring(), keyring_exports),
    )
    return createKeyringStore2({ folder, service: service2, account })
  })
}
function createShared(path, codexHome) {
  return createLazyStore({ kind: 'codex', describe: () => path }, async () => {
    const { createCodexStore: createCodexStore2 } = await Promise.resolve().then(() => (init_codex2(), codex_exports))
    return createCodexStore2({ codexHome, mode: 'file' })
  })
}
function requirePassphrase(passphrase) {
  if (passphrase) return passphrase
  throw new AuthError('ERR_STORE_DECRYPT', 'The sign-in is encrypted with a passphrase, and none was given.', {
    advice: 'Set PLANPASS_PASSPHRASE for this command.',
  })
}

// src/stores/index.ts
init_replace_file()
init_locked_file()

// src/node/process-environment.ts
import { resolve as resolve2 } from 'node:path'
var pathVariables = ['PLANPASS_HOME', 'CODEX_HOME', 'CODEX_CA_CERTIFICATE', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS']
function variablesOf(environment = {}) {
  const { cwd, variables = process.env } = environment
  if (!cwd) return variables
  const named = pathVariables.flatMap((name) => {
    const path = variables[name]?.trim()
    return path ? [[name, resolve2(cwd, path)]] : []
  })
  return { ...variables, ...Object.fromEntries(named) }
}
function believesAnyCertificate() {
  return process.env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0'
}

// src/node/open-profile.ts
init_core()
import { join as join13 } from 'node:path'

// src/node/default-profile.ts
init_core()
import { readFileSync as readFileSync2 } from 'node:fs'
import { join as join12 } from 'node:path'

// src/node/profile-folder.ts
init_core()
import { join as join11 } from 'node:path'
var profileNamePattern = /^(?!config\.json$)\w[\w.-]{0,63}$/i
function profileFolder(variables, profile) {
  if (!profileNamePattern.test(profile)) {
    throw new AuthError('ERR_CONFIG_USAGE', 'The profile name is not a plain word.', {
      advice: 'Use letters, digits, dots, dashes and underscores.',
    })
  }
  return join11(homeFolder(variables), profile)
}
function homeFolder(variables) {
  const { PLANPASS_HOME, XDG_CONFIG_HOME, APPDATA } = variables
  if (PLANPASS_HOME) return PLANPASS_HOME
  if (process.platform === 'win32' && APPDATA) return join11(APPDATA, 'planpass')
  if (XDG_CONFIG_HOME) return join11(XDG_CONFIG_HOME, 'planpass')
  const home = variables.HOME || variables.USERPROFILE
  if (home) return join11(home, '.config', 'planpass')
  throw new AuthError('ERR_CONFIG_USAGE', 'There is no home folder to keep the sign-in in.', {
    advice: 'Set PLANPASS_HOME to a folder.',
  })
}

// src/node/default-profile.ts
var firstProfile = 'default'
function readDefaultProfile(home) {
  const path = configPath(home)
  const text = readIfThere2(path)
  if (text === void 0) return firstProfile
  const profile = readString(parseJsonObject(text), 'profile')
  if (profile !== void 0 && profileNamePattern.test(profile)) return profile
  throw unreadable(path, 'names no profile')
}
function configPath(home) {
  return join12(home, 'config.json')
}
function readIfThere2(path) {
  try {
    return readFileSync2(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf2(error))) return void 0
    throw unreadable(path, `cannot be read (${codeOf2(error)})`)
  }
}
function unreadable(path, why) {
  return new AuthError('ERR_CONFIG_USAGE', `${path}, which says which profile is the default, ${why}.`, {
    advice: 'Choose it again with `planpass use NAME`, or name one with --profile.',
  })
}
function codeOf2(error) {
  const code = error instanceof Error ? Reflect.get(error, 'code') : void 0
  return typeof code === 'string' ? code : 'unknown'
}

// src/node/open-profile.ts
function openProfile(options2 = {}) {
  const variables = variablesOf(options2.environment)
  const name = options2.profile ?? readDefaultProfile(homeFolder(variables))
  const folder = profileFolder(variables, name)
  const cacheFolder = join13(folder, 'cache')
  const storage = options2.storage ?? readChosenStorage(folder) ?? { storage: 'file' }
  const text = variables['PLANPASS_PASSPHRASE']
  const passphrase = text ? new Secret(text) : void 0
  const store = createProfileStore({ folder, storage, passphrase })
  const authFile = authFileOf(folder, storage)
  return { name, folder, cacheFolder, storage, authFile, store, verdicts: createFileVerdicts(cacheFolder) }
}

// src/node/provider-choice.ts
init_core()
import { readFileSync as readFileSync3 } from 'node:fs'
import { join as join14 } from 'node:path'
function readProviderChoice(folder) {
  const path = choicePath(folder)
  const text = readIfThere3(path)
  if (text === void 0) return { provider: 'codex' }
  const json = parseJsonObject(text)
  const appName = readString(json, 'appName')
  if (json?.['provider'] === 'codex') return { provider: 'codex' }
  if (json?.['provider'] === 'siwc' && appName) return { provider: 'siwc', appName }
  throw unreadable2(path, 'does not say which provider was chosen')
}
function choicePath(folder) {
  return join14(folder, 'provider.json')
}
function readIfThere3(path) {
  try {
    return readFileSync3(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error ? Reflect.get(error, 'code') : void 0
    if (code === 'ENOENT' || code === 'ENOTDIR') return void 0
    throw unreadable2(path, 'cannot be read')
  }
}
function unreadable2(path, why) {
  return new AuthError('ERR_STORE_READ', `${path} ${why}.`, {
    advice: 'Correct it, or sign in with another --profile.',
  })
}

// src/sign-in/complete-sign-in.ts
init_core()
async function completeSignIn(options2, grant) {
  const { provider, identity, store, fetch, clock, accept } = options2
  let unstored
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
    throw unstored ? await discard(unstored, error, options2) : error
  }
}
function redeemAsCodex(provider) {
  return async (grant, transport, { nowMs, replaces }) => {
    const tokens = await processAuthorizationCodeResponse(await authorizationCodeRequest(provider, grant, transport))
    return toCredential({ provider, tokens, nowMs, replaces })
  }
}
function assertSameProvider(replaced, { mode }) {
  if (!replaced || !('accessToken' in replaced) || replaced.mode === mode) return
  throw new AuthError(
    'ERR_SIGN_IN_WRONG_ACCOUNT',
    'A sign-in through another provider lies here. Nothing was replaced.',
    { advice: 'To keep both, sign in with another --profile; to replace the old one, run `planpass logout` first.' },
  )
}
async function discard(credential, why, options2) {
  const { failure: failure2 } = await revokeCredential(credential, options2)
  if (!failure2 || !isAuthError(why)) return why
  const summary = `${why.summary} The new sign-in could not be revoked and lives on at the server until it ends.`
  return new AuthError(why.code, summary, { advice: why.advice, cause: failure2 })
}
async function revokeReplaced({ credential, replaced }, options2) {
  if (!replaced || !('accessToken' in replaced) || !replaced.refreshToken) return []
  if (replaced.refreshToken.reveal() === credential.refreshToken?.reveal()) return []
  const { failure: failure2 } = await revokeCredential(replaced, options2)
  return failure2
    ? [`The sign-in before this one could not be revoked and lives on until it ends. ${failure2.summary}`]
    : []
}

// src/sign-in/expect-account.ts
init_core()
function expectAccount({ email, workspace, mayReplace = false }) {
  return (candidate, replaces) => {
    const { identity, accountId } = candidate
    if (email !== void 0 && identity.email?.toLowerCase() !== email.toLowerCase()) {
      throw wrongAccount(`${nameOf(candidate)} signed in where ${email} was expected.`)
    }
    const workspaces = workspace === void 0 ? [] : [workspace].flat()
    if (workspaces.length > 0 && !workspaces.includes(accountId ?? '')) {
      throw wrongAccount(`${nameOf(candidate)} signed in where workspace ${workspaces.join(' or ')} was expected.`)
    }
    if (mayReplace || !replaces || !('accessToken' in replaces) || !isOtherAccount(candidate, replaces)) return
    const advice2 =
      'To keep both, sign in with another --profile; to replace the old one, sign in with --switch-account.'
    throw wrongAccount(`${nameOf(candidate)} signed in where ${nameOf(replaces)} is signed in.`, advice2)
  }
}
function isOtherAccount(one, other) {
  const [issuer, otherIssuer] = [one.provenance?.issuer, other.provenance?.issuer]
  const isSameIssuer =
    issuer === void 0 || otherIssuer === void 0 || trimTrailingSlashes(issuer) === trimTrailingSlashes(otherIssuer)
  return !isSameIssuer || !isSameAccount(one, other)
}
function nameOf({ identity, accountId }) {
  const person = identity.email ?? identity.userId ?? 'Somebody'
  const name = accountId === void 0 ? person : `${person} (workspace ${accountId})`
  return name.replaceAll(new RegExp('\\p{Cc}+', 'gu'), ' ')
}
function wrongAccount(summary, advice2) {
  const whatStays = `${summary} Nothing was replaced.`
  return new AuthError('ERR_SIGN_IN_WRONG_ACCOUNT', whatStays, advice2 === void 0 ? {} : { advice: advice2 })
}

// src/node/lazy-transport.ts
function createLazyTransport(environment) {
  let transport
  const connect = async () => (await import('planpass/network')).createTransport(whatIsTrusted(environment))
  return async (input, init) => {
    transport ??= connect()
    return (await transport)(input, init)
  }
}
function whatIsTrusted(environment) {
  return believesAnyCertificate() ? { ...environment, NODE_TLS_REJECT_UNAUTHORIZED: '0' } : environment
}

// src/node/open-session.ts
init_core()
function providerOf(variables) {
  return createCodexProvider({
    issuer: variables['PLANPASS_ISSUER'] || void 0,
    backendUrl: variables['PLANPASS_BACKEND_URL'] || void 0,
  })
}

// src/agent/create-agent.ts
init_core()

// src/backend/models.ts
init_core()

// src/backend/backend-request.ts
init_core()
function nowOf(options2) {
  return (options2.clock ?? systemClock).now()
}
function toFreshness(fetchedAtMs, nowMs, failure2) {
  return { fetchedAtMs, ageMs: Math.max(0, nowMs - fetchedAtMs), ...(failure2 && { failure: failure2 }) }
}
async function cacheKey(session, ...parts) {
  const { accountId = '', userId = '' } = await session.status()
  return [session.provider.backendUrl, accountId, userId, ...parts].join(' ')
}
async function readJson(response, what, signal) {
  const text = await readText(response, signal)
  const json = parseJsonObject(text)
  if (json) return json
  const found = /^\s*</.test(text)
    ? `In the place of ${what} came a web page, as of a network\u2019s sign-in or of another server`
    : `The answer with ${what} is not a JSON object`
  throw new AuthError('ERR_UPSTREAM_BAD_RESPONSE', `${found}.`)
}

// src/backend/cache.ts
init_core()
async function readThrough(wanted, fetchAnswer) {
  const old = await readCachedAnswer(wanted)
  if (old && !wanted.force && isFresh(old, wanted)) return { found: old, source: 'cache' }
  let fetched
  try {
    fetched = await fetchAnswer(old)
  } catch (error) {
    if (old && isPassing(error)) return { found: old, source: 'cache', failure: error }
    throw error
  }
  await wanted.cache?.write(wanted.name, JSON.stringify(fetched))
  return { found: fetched, source: 'network' }
}
function isPassing(error) {
  return isAuthError(error) && error.retryable && /^ERR_(NETWORK|UPSTREAM)_/.test(error.code)
}
async function readCachedAnswer({ cache, name, key }) {
  const stored = parseJsonObject((await cache?.read(name)) ?? '')
  const fetchedAtMs = readNumber(stored, 'fetchedAtMs')
  const answer = readObject(stored, 'answer')
  if (fetchedAtMs === void 0 || !answer || readString(stored, 'key') !== key) return void 0
  const etag = readString(stored, 'etag')
  return { key, fetchedAtMs, answer, ...(etag !== void 0 && { etag }) }
}
function isFresh({ fetchedAtMs }, { nowMs, freshForMs: freshForMs4 }) {
  const ageMs = nowMs - fetchedAtMs
  return ageMs >= 0 && ageMs < freshForMs4
}

// src/backend/model-catalogue.ts
init_core()
function readCatalogue(catalogue) {
  const entries = catalogue['models']
  if (!Array.isArray(entries)) return void 0
  return entries
    .filter(isJsonObject)
    .filter((entry) => !hidden.has(readString(entry, 'visibility') ?? '') && readString(entry, 'slug'))
    .toSorted((one, other) => priorityOf(one) - priorityOf(other))
    .map(toModel)
}
var hidden = /* @__PURE__ */ new Set(['hide', 'hidden', 'none'])
function withoutInstructions(catalogue) {
  const entries = catalogue['models']
  const models2 = Array.isArray(entries) ? entries.filter(isJsonObject).map(onlyMembersRead) : []
  return { models: models2 }
}
var membersRead = /* @__PURE__ */ new Set([
  'slug',
  'display_name',
  'description',
  'visibility',
  'priority',
  'context_window',
  'max_context_window',
  'supported_reasoning_levels',
  'default_reasoning_level',
  'input_modalities',
  'supports_parallel_tool_calls',
  'support_verbosity',
  'available_in_plans',
  'upgrade',
])
function onlyMembersRead(entry) {
  return Object.fromEntries(Object.entries(entry).filter(([member]) => membersRead.has(member)))
}
function priorityOf(entry) {
  return readNumber(entry, 'priority') ?? Number.MAX_SAFE_INTEGER
}
function toModel(entry) {
  const id = readString(entry, 'slug') ?? ''
  const description = readString(entry, 'description')
  const plans = readWords(entry['available_in_plans'])
  const successor = readString(readObject(entry, 'upgrade'), 'model')
  return {
    id,
    name: readString(entry, 'display_name') ?? id,
    ...(description && { description }),
    ...toContext(entry),
    ...toReasoning(entry),
    ...toAbilities(entry),
    ...(plans && { plans }),
    ...(successor !== void 0 && { successor }),
  }
}
function toContext(entry) {
  const contextWindow = readNumber(entry, 'context_window')
  const maxContextWindow = readNumber(entry, 'max_context_window')
  return {
    ...(contextWindow !== void 0 && { contextWindow }),
    ...(maxContextWindow !== void 0 && { maxContextWindow }),
  }
}
function toReasoning(entry) {
  const reasoningLevels = toReasoningLevels(entry['supported_reasoning_levels'])
  const defaultReasoningLevel = readString(entry, 'default_reasoning_level')
  return { reasoningLevels, ...(defaultReasoningLevel !== void 0 && { defaultReasoningLevel }) }
}
function toAbilities(entry) {
  const inputModalities = readWords(entry['input_modalities'])
  const supportsParallelToolCalls = readTruth(entry['supports_parallel_tool_calls'])
  const supportsVerbosity = readTruth(entry['support_verbosity'])
  return {
    ...(inputModalities && { inputModalities, supportsImages: inputModalities.includes('image') }),
    ...(supportsParallelToolCalls !== void 0 && { supportsParallelToolCalls }),
    ...(supportsVerbosity !== void 0 && { supportsVerbosity }),
  }
}
function readTruth(value) {
  return typeof value === 'boolean' ? value : void 0
}
function readWords(value) {
  return Array.isArray(value) ? value.filter((word) => typeof word === 'string') : void 0
}
function toReasoningLevels(levels) {
  if (!Array.isArray(levels)) return []
  return levels
    .map((level) => (isJsonObject(level) ? readString(level, 'effort') : level))
    .filter((level) => typeof level === 'string')
}

// src/backend/model-fallback.ts
var fallbackAtMs = Date.UTC(2026, 10, 13)
var upTo = (last) => {
  const levels = ['low', 'medium', 'high', 'xhigh', 'max', 'ultra']
  return levels.slice(0, levels.indexOf(last) + 1)
}
var fallbackModels = [
  { id: 'gpt-6.1-sol', name: 'GPT-6.1-Sol', contextWindow: 272e3, reasoningLevels: upTo('ultra') },
  { id: 'gpt-6-astra', name: 'GPT-6-Astra', contextWindow: 272e3, reasoningLevels: upTo('ultra') },
  { id: 'gpt-6-sol', name: 'GPT-6-Sol', contextWindow: 272e3, reasoningLevels: upTo('ultra') },
  { id: 'gpt-6-luna', name: 'GPT-6-Luna', contextWindow: 272e3, reasoningLevels: upTo('max') },
  { id: 'gpt-5.6-sol', name: 'GPT-5.6-Sol', contextWindow: 272e3, reasoningLevels: upTo('ultra') },
  { id: 'gpt-6.1-terra', name: 'GPT-6.1 Terra', contextWindow: 5e5, reasoningLevels: upTo('ultra') },
  { id: 'gpt-5.6-terra', name: 'GPT-5.6-Terra', contextWindow: 272e3, reasoningLevels: upTo('ultra') },
  { id: 'gpt-5.6-luna', name: 'GPT-5.6-Luna', contextWindow: 272e3, reasoningLevels: upTo('max') },
  { id: 'gpt-5.5', name: 'GPT-5.5', contextWindow: 272e3, reasoningLevels: upTo('xhigh') },
]

// src/backend/upstream-error.ts
init_core()

// src/backend/limits.ts
init_core()

// src/backend/usage-amount.ts
function parseAmount(value) {
  if (typeof value === 'number') return Number.isFinite(value) ? value : void 0
  return typeof value === 'string' && /^-?\d{1,15}(\.\d{1,15})?$/.test(value.trim()) ? Number(value) : void 0
}
function readAmount(object, key) {
  return parseAmount(object?.[key])
}

// src/backend/limits.ts
var latestMs = 864e13
var mainLimit = 'codex'
function toWindows({ limit, name, windows }, nowMs) {
  const id = toLimitId(limit)
  const label = toOneSafeLine(name ?? '') || id
  return windows
    .map((window) => toWindow(id, label, window, nowMs))
    .filter((window) => window !== void 0)
    .toSorted(byDuration)
}
function toLimitId(limit) {
  return toOneSafeLine(limit).toLowerCase().replaceAll('-', '_') || 'other'
}
function toWindow(limit, name, window, nowMs) {
  if (window?.usedPercent === void 0) return void 0
  const { usedPercent, windowSeconds = 0 } = window
  const resetsAtMs = toResetTime(window.resetsAtSeconds, window.resetsAfterSeconds, nowMs)
  return {
    limit,
    name,
    usedPercent,
    ...(windowSeconds > 0 && windowSeconds * 1e3 <= latestMs && { windowMs: windowSeconds * 1e3 }),
    ...(resetsAtMs !== void 0 && { resetsAtMs }),
  }
}
function toResetTime(atSeconds, afterSeconds, nowMs) {
  const isMoment = atSeconds !== void 0 && atSeconds > 0
  const atMs = isMoment ? atSeconds * 1e3 : nowMs + Math.max(0, afterSeconds ?? Number.NaN) * 1e3
  return atMs <= latestMs ? atMs : void 0
}
function byDuration(one, other) {
  return (one.windowMs ?? 0) - (other.windowMs ?? 0)
}
function toCredits(credits) {
  if (!credits) return void 0
  const balance = credits['balance']
  return {
    hasCredits: credits['has_credits'] === true,
    isUnlimited: credits['unlimited'] === true,
    ...((typeof balance === 'string' || typeof balance === 'number') && { balance: toOneSafeLine(String(balance)) }),
  }
}
function parseUsageLimits(answer, nowMs) {
  const additional = answer['additional_rate_limits']
  const more = Array.isArray(additional) ? additional.filter(isJsonObject) : []
  return toLimits(answer, [
    ...toWindows({ limit: mainLimit, windows: answeredWindows(answer) }, nowMs),
    ...more.flatMap((entry) => toWindows({ ...limitNames(entry), windows: answeredWindows(entry) }, nowMs)),
  ])
}
function answeredWindows(entry) {
  const rateLimit = readObject(entry, 'rate_limit')
  return [readObject(rateLimit, 'primary_window'), readObject(rateLimit, 'secondary_window')].map(
    (window) => window && { ...readMeter(window), windowSeconds: readAmount(window, 'limit_window_seconds') },
  )
}
function readMeter(window) {
  return {
    usedPercent: readAmount(window, 'used_percent'),
    resetsAtSeconds: readAmount(window, 'reset_at'),
    resetsAfterSeconds: readAmount(window, 'reset_after_seconds'),
  }
}
function limitNames(entry) {
  const name = readString(entry, 'limit_name')
  return { limit: readString(entry, 'metered_feature') ?? name ?? '', name }
}
function toLimits(source, windows) {
  const planType = toOneSafeLine(readString(source, 'plan_type') ?? '')
  const credits = toCredits(readObject(source, 'credits'))
  const reached = source['rate_limit_reached_type']
  const reachedType = toOneSafeLine(
    readString(isJsonObject(reached) ? reached : { kind: reached ?? null }, 'kind') ?? '',
  )
  return {
    ...(planType && { planType }),
    windows,
    ...(credits && { credits }),
    ...(reachedType && { reachedType }),
  }
}

// src/backend/model-not-available.ts
init_core()
var ModelNotAvailableError = class extends AuthError {
  reason
  constructor(summary, details) {
    const advice2 = adviceOf[details.reason]
    super('ERR_UPSTREAM_MODEL_NOT_AVAILABLE', summary, advice2 === void 0 ? details : { ...details, advice: advice2 })
    this.reason = details.reason
    if (details.model !== void 0) this.model = details.model
  }
}
var adviceOf = {
  retired: 'It was retired; see `planpass models` for its successors.',
  plan: 'A bigger plan would have it; see `planpass models` for what yours has.',
  unknown: void 0,
}
var retiredModels = /* @__PURE__ */ new Set(['gpt-5.2', 'gpt-5.3-codex'])
function namedModel(words) {
  const quoted = /['"`]([\w.:/-]{1,64})['"`]/.exec(words ?? '')
  return quoted?.[1]
}
function missingReason(words, model) {
  const isRetired = model !== void 0 && retiredModels.has(model)
  if (isRetired || /\b(retired|deprecated|sunset|discontinued|no longer)\b/i.test(words ?? '')) return 'retired'
  return /\b(plans?|subscriptions?|upgrade)\b/i.test(words ?? '') ? 'plan' : 'unknown'
}

// src/backend/rate-limit-headers.ts
init_core()
var familyEnd = '-primary-used-percent'
function parseLimitHeaders(headers, nowMs) {
  const families = [...headers.keys()].filter((key) => key.endsWith(familyEnd)).map(familyOf)
  const others = families.filter((family) => family !== mainFamily)
  const windows = [mainFamily, ...others].flatMap((family) => familyWindows(headers, family, nowMs))
  const credits = parseCredits(headers)
  const planType = readWords2(headers, 'x-codex-plan-type')
  const reachedType = readWords2(headers, 'x-codex-rate-limit-reached-type')
  if (windows.length === 0 && !credits && !planType && !reachedType) return void 0
  return {
    ...(planType && { planType }),
    windows,
    ...(credits && { credits }),
    ...(reachedType && { reachedType }),
  }
}
var mainFamily = `x-${mainLimit}`
function familyOf(header) {
  return header.slice(0, -familyEnd.length)
}
function familyWindows(headers, family, nowMs) {
  const windows = [toRawWindow(headers, `${family}-primary`), toRawWindow(headers, `${family}-secondary`)]
  const name = readWords2(headers, `${family}-limit-name`)
  return toWindows({ limit: family.replace(/^x-/, ''), name, windows }, nowMs)
}
function toRawWindow(headers, prefix) {
  const amount = (name) => parseAmount(headers.get(`${prefix}-${name}`))
  const usedPercent = amount('used-percent')
  const minutes = amount('window-minutes') ?? 0
  const resetsAtSeconds = amount('reset-at')
  if (usedPercent === void 0 || (usedPercent === 0 && minutes === 0 && resetsAtSeconds === void 0)) return void 0
  return {
    usedPercent,
    windowSeconds: minutes * 60,
    resetsAtSeconds,
    resetsAfterSeconds: amount('reset-after-seconds'),
  }
}
function parseCredits(headers) {
  const hasCredits = parseAnswer(headers.get('x-codex-credits-has-credits'))
  const isUnlimited = parseAnswer(headers.get('x-codex-credits-unlimited'))
  if (hasCredits === void 0 || isUnlimited === void 0) return void 0
  const balance = readWords2(headers, 'x-codex-credits-balance')
  return { hasCredits, isUnlimited, ...(balance && { balance }) }
}
function parseAnswer(text) {
  if (/^(true|1)$/i.test(text ?? '')) return true
  return /^(false|0)$/i.test(text ?? '') ? false : void 0
}
function readWords2(headers, name) {
  return toOneSafeLine(headers.get(name) ?? '') || void 0
}

// src/backend/request-rejected.ts
init_core()
var RequestRejectedError = class extends AuthError {
  status
  constructor(summary, details) {
    super('ERR_UPSTREAM_REJECTED', summary, details)
    this.status = details.status
    if (details.field !== void 0) this.field = details.field
    if (details.upstreamCode !== void 0) this.upstreamCode = details.upstreamCode
  }
}
function refusedField(told, words) {
  const problem = firstProblem(told)
  if (problem) return problem
  const named = readString(told, 'param') || fieldInWords(words ?? '')
  return named ? { field: toOneSafeLine(named) } : void 0
}
function firstProblem(told) {
  const detail = told?.['detail']
  const problem = Array.isArray(detail) ? detail.find(isJsonObject) : void 0
  const place = problem?.['loc']
  if (!problem || !Array.isArray(place)) return void 0
  const steps = place.slice(1).filter((step) => typeof step === 'string' || typeof step === 'number')
  const field = toOneSafeLine(steps.join('.'))
  return { field, words: toOneSafeLine(`${field}: ${readString(problem, 'msg') ?? 'refused'}`) }
}
var fieldPatterns = [
  /\b(?:unsupported|unknown|unrecognized|invalid|missing(?: required)?) (?:parameter|field|argument)s?:? ['"`]?([\w.[\]]+)/i,
  /^Invalid ['"`]([\w.[\]]+)['"`]/i,
  /^(Store|Stream|Input|Instructions) (?:must|are|is)\b/,
]
function fieldInWords(words) {
  const [match] = fieldPatterns.map((pattern) => pattern.exec(words)).filter((found) => found !== null)
  return match?.[1]?.replace(/\.$/, '').replace(/^[A-Z][a-z]+$/, (word) => word.toLowerCase())
}

// src/backend/retry-after.ts
function readRetryAfter2(headers, nowMs) {
  const text = headers.get('retry-after')?.trim() ?? ''
  if (/^\d{1,9}(\.\d{1,3})?$/.test(text)) return Number(text) * 1e3
  const untilMs = parseHttpDate(text)
  if (untilMs === void 0) return void 0
  return Math.max(0, untilMs - (parseHttpDate(headers.get('date') ?? '') ?? nowMs))
}
function parseHttpDate(text) {
  const parsedMs = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/.test(text)
    ? Date.parse(text)
    : Number.NaN
  return Number.isFinite(parsedMs) ? parsedMs : void 0
}
function waitInWords(words) {
  const match = /\btry again in (\d{1,6}(?:\.\d{1,6})?) ?(ms|s|seconds?)\b/i.exec(words ?? '')
  if (!match) return void 0
  return Math.ceil(Number(match[1]) * (match[2]?.toLowerCase() === 'ms' ? 1 : 1e3))
}

// src/backend/upstream-failures.ts
var refusedContent = {
  code: 'ERR_UPSTREAM_CONTENT_POLICY',
  summary: 'OpenAI\u2019s policies refuse what was asked',
  quotes: true,
}
var missingModel = {
  code: 'ERR_UPSTREAM_MODEL_NOT_AVAILABLE',
  summary: 'This account cannot use the model',
  quotes: true,
}
var wrongHost = {
  code: 'ERR_TOKEN_WRONG_ORIGIN',
  summary: 'This host does not take tokens of a ChatGPT plan',
}
var notTheBackend = {
  code: 'ERR_TOKEN_WRONG_ORIGIN',
  summary: 'What answered is not the ChatGPT backend, or its URL has a wrong path',
}
var page = /^\s*<(!doctype|html|\?xml)/i
var namedFailures = [
  {
    named: 'usage_limit_reached',
    code: 'ERR_UPSTREAM_USAGE_LIMIT',
    summary: 'The usage limit of your plan is reached',
  },
  {
    named: 'usage_not_included',
    code: 'ERR_UPSTREAM_USAGE_LIMIT',
    summary: 'Your ChatGPT plan does not include this',
    advice: 'A bigger plan would.',
  },
  {
    named: 'insufficient_quota',
    code: 'ERR_UPSTREAM_USAGE_LIMIT',
    summary: 'What your plan and its credits allow is used up',
  },
  {
    named: 'context_length_exceeded',
    code: 'ERR_UPSTREAM_CONTEXT_TOO_LONG',
    summary: 'The conversation is longer than the model\u2019s context window',
  },
  ...['cyber_policy', 'bio_policy', 'misalignment_policy_violation', 'content_policy_violation', 'content_filter'].map(
    (named) => ({ named, ...refusedContent }),
  ),
  { named: 'invalid_prompt', saying: /\bflagged\b/i, ...refusedContent },
  { saying: /flagged as potentially violating/i, ...refusedContent },
  { named: 'model_not_found', ...missingModel },
  {
    saying: /\bmodel\b.*\b(not supported|not exist|not found|retired|no longer (available|supported))/i,
    ...missingModel,
  },
  {
    named: 'rate_limit_exceeded',
    code: 'ERR_UPSTREAM_RATE_LIMITED',
    summary: 'Too many requests',
    quotes: true,
  },
  ...['server_is_overloaded', 'slow_down'].map((named) => ({
    named,
    code: 'ERR_UPSTREAM_UNAVAILABLE',
    summary: 'The model is at capacity',
    advice: 'Try again in a moment, or use another model.',
  })),
]
var manageUsage = 'See https://chatgpt.com/settings/usage for what is used, and for the cap of this program.'
var planMeanings = {
  usage_limit_exceeded: {
    code: 'ERR_UPSTREAM_USAGE_LIMIT',
    summary: 'The usage limit of your plan, or the cap you set for this program, is reached',
    advice: manageUsage,
  },
  workplace_individual_usage_limit_exceeded: {
    code: 'ERR_UPSTREAM_USAGE_LIMIT',
    summary: 'The limit that your workspace set for you is reached',
    advice: 'Ask the admin of your workspace.',
  },
  usage_unavailable: { code: 'ERR_UPSTREAM_UNAVAILABLE', summary: 'Your usage cannot be looked up now' },
  user_unavailable: { code: 'ERR_UPSTREAM_UNAVAILABLE', summary: 'Your account cannot be looked up now' },
  user_not_eligible: {
    code: 'ERR_UPSTREAM_REJECTED',
    summary: 'Your account may not use its plan in other programs',
    advice: 'Signing in again will not change it; see `docs/which-route.md`.',
  },
  unsupported_capability: {
    code: 'ERR_UPSTREAM_REJECTED',
    summary: 'The request asks for what a plan does not include',
    quotes: true,
  },
  route_not_supported: {
    code: 'ERR_UPSTREAM_REJECTED',
    summary: 'This endpoint does not take tokens of a plan',
  },
  invalid_user: { code: 'ERR_UPSTREAM_UNAUTHORIZED', summary: 'The service does not know the account' },
  client_not_enabled: { code: 'ERR_CONFIG_CLIENT', summary: 'This program is not enabled for plan use' },
}
var planFailures = Object.entries(planMeanings).flatMap(([name, meaning]) =>
  ['', 'v2_'].map((version2) => ({ named: `subscription_sharing_${version2}${name}`, ...meaning })),
)
var grantFailures = ['chatpass_v2_scope_not_authorized', 'chatpass_v2_invalid_authorization_context'].map((named) => ({
  named,
  code: 'ERR_CONFIG_CLIENT',
  summary: 'The sign-in does not cover this request',
}))
var backendFailures = [
  ...namedFailures,
  ...planFailures,
  ...grantFailures,
  ...[401, 403].map((status2) => ({ status: status2, saying: /missing scopes?:/i, ...wrongHost })),
  { status: { from: 300, to: 499 }, saying: page, ...notTheBackend },
  ...[404, 405].map((status2) => ({
    status: status2,
    saying: /^((404|405)\W+)?(page |method )?not (found|allowed)\W*$/i,
    ...notTheBackend,
  })),
  { status: 401, code: 'ERR_UPSTREAM_UNAUTHORIZED', summary: 'The backend refused the sign-in', quotes: true },
  { status: 429, code: 'ERR_UPSTREAM_RATE_LIMITED', summary: 'Too many requests', quotes: true },
  {
    status: { from: 500, to: 599 },
    saying: page,
    code: 'ERR_UPSTREAM_UNAVAILABLE',
    summary: 'The backend failed, and a gateway answered with a page in its place',
  },
  { status: { from: 500, to: 599 }, code: 'ERR_UPSTREAM_UNAVAILABLE', summary: 'The backend failed', quotes: true },
  { code: 'ERR_UPSTREAM_REJECTED', summary: 'The backend refused the request', quotes: true },
]
var streamFailures = [
  ...namedFailures,
  ...planFailures,
  {
    named: 'invalid_encrypted_content',
    code: 'ERR_UPSTREAM_REJECTED',
    summary: 'The backend refused the request',
    quotes: true,
  },
  { code: 'ERR_UPSTREAM_RESPONSE_FAILED', summary: 'The answer failed', quotes: true },
]

// src/backend/usage-limit.ts
init_core()
var UsageLimitError = class extends AuthError {
  constructor(summary, details = {}) {
    super('ERR_UPSTREAM_USAGE_LIMIT', summary, details)
    const { resetsAtMs, resetSource, planType, limits } = details
    if (resetsAtMs !== void 0) this.resetsAtMs = resetsAtMs
    if (resetSource !== void 0) this.resetSource = resetSource
    if (planType !== void 0) this.planType = planType
    if (limits !== void 0) this.limits = limits
  }
}

// src/backend/upstream-error.ts
async function toUpstreamError(response, nowMs) {
  const failed = await readFailedResponse(response)
  const json = parseJsonObject(failed.body)
  const error = readObject(json, 'error') ?? json
  return toTypedError({ failed, error, headers: response.headers, nowMs }, backendFailures)
}
function toTypedError(report, rows) {
  const { failed, headers, nowMs } = report
  const retryAfterMs = readRetryAfter2(headers, nowMs) ?? waitInWords(failed.detail)
  const error = classifyFailure(rows, failed, retryAfterMs === void 0 ? {} : { retryAfterMs })
  if (error.code === 'ERR_UPSTREAM_USAGE_LIMIT') return toUsageLimitError(error, report)
  if (error.code === 'ERR_UPSTREAM_MODEL_NOT_AVAILABLE') return toModelError(error, report)
  if (error.code === 'ERR_UPSTREAM_REJECTED') return toRejectedError(error, report)
  return error
}
function toUsageLimitError(error, report) {
  const { failed, error: told, headers, nowMs } = report
  const limits = parseLimitHeaders(headers, nowMs)
  const isIncluded = failed.code !== 'usage_not_included' && failed.type !== 'usage_not_included'
  const toldMs = toResetTime(readAmount(told, 'resets_at'), readAmount(told, 'resets_in_seconds'), nowMs)
  const resetsAtMs = toldMs ?? (isIncluded ? lastReset(limits) : void 0)
  const planType = toOneSafeLine(readString(told, 'plan_type') ?? limits?.planType ?? '')
  const until = resetsAtMs === void 0 ? '' : ` until ${new Date(resetsAtMs).toISOString()}`
  return new UsageLimitError(error.summary.replace(/\.$/, `${until}.`), {
    ...detailsOf(error),
    ...(toldMs !== void 0 && { retryAfterMs: Math.max(0, toldMs - nowMs) }),
    ...(resetsAtMs !== void 0 && { resetsAtMs, resetSource: toldMs === void 0 ? 'window' : 'answer' }),
    ...(planType && { planType }),
    ...(limits && { limits }),
  })
}
function lastReset(limits) {
  const resets = (limits?.windows ?? [])
    .filter(({ usedPercent }) => usedPercent >= 100)
    .map(({ resetsAtMs }) => resetsAtMs)
  const lastMs = Math.max(...resets.map((resetMs) => resetMs ?? Number.NaN))
  return Number.isFinite(lastMs) ? lastMs : void 0
}
function toModelError(error, { failed }) {
  const model = namedModel(failed.detail)
  const reason = missingReason(failed.detail, model)
  return new ModelNotAvailableError(error.summary, {
    ...detailsOf(error),
    reason,
    ...(model !== void 0 && { model }),
  })
}
function toRejectedError(error, { failed, error: told }) {
  const refused = refusedField(told, failed.detail)
  const summary =
    refused?.words === void 0
      ? error.summary
      : `The backend refused the request (status ${failed.status}: ${refused.words}).`
  return new RequestRejectedError(summary, {
    ...detailsOf(error),
    status: failed.status,
    ...(refused && { field: refused.field }),
    ...(failed.code !== void 0 && { upstreamCode: failed.code }),
  })
}
function detailsOf({ advice: advice2, retryAfterMs, requestId }) {
  return {
    advice: advice2,
    ...(retryAfterMs !== void 0 && { retryAfterMs }),
    ...(requestId !== void 0 && { requestId }),
  }
}

// src/backend/models.ts
var checkedCodexVersion = '0.169.0'
var freshForMs = 5 * 60 * 1e3
async function readModels(session, options2 = {}) {
  const { cache, force, clientVersion: version2 = checkedCodexVersion } = options2
  const key = await cacheKey(session, version2)
  const nowMs = nowOf(options2)
  const wanted = { cache, name: cacheName(version2), key, freshForMs, force, nowMs }
  try {
    const {
      found,
      source,
      failure: failure2,
    } = await readThrough(wanted, (old) => fetchCatalogue({ session, version: version2, key, old, options: options2 }))
    return { models: readCatalogue(found.answer) ?? [], source, ...toFreshness(found.fetchedAtMs, nowMs, failure2) }
  } catch (error) {
    if (!options2.fallback || !isPassing(error)) throw error
    return { models: fallbackModels, source: 'fallback', ...toFreshness(fallbackAtMs, nowMs, error) }
  }
}
function cacheName(version2) {
  return version2 === checkedCodexVersion ? 'models' : `models-${version2.replaceAll(/[^\w.-]/g, '_').slice(0, 40)}`
}
function modelsUrl({ ways, backendUrl }, version2) {
  if (ways) return backendUrl + ways.paths.models
  return `${backendUrl}/codex/models?client_version=${encodeURIComponent(version2)}`
}
async function fetchCatalogue({ session, version: version2, key, old, options: options2 }) {
  const url = modelsUrl(session.provider, version2)
  const headers = old?.etag === void 0 ? {} : { 'if-none-match': old.etag }
  const response = await session.readOnlyFetch(url, { headers, ...(options2.signal && { signal: options2.signal }) })
  const fetchedAtMs = nowOf(options2)
  if (response.status === 304 && old) return { ...old, fetchedAtMs }
  if (!response.ok) throw await toUpstreamError(response, fetchedAtMs)
  const etag = response.headers.get('etag')
  const answer = parseCatalogue(await readJson(response, 'the models', options2.signal))
  return { key, fetchedAtMs, answer, ...(etag !== null && { etag }) }
}
function parseCatalogue(answer) {
  if (readCatalogue(answer)) return withoutInstructions(answer)
  throw new AuthError('ERR_UPSTREAM_BAD_RESPONSE', 'The answer with the models has no list in it.')
}

// src/backend/usage.ts
init_core()

// src/backend/usage-history.ts
init_core()
var minuteMs = 6e4
var hourMs = 60 * minuteMs
var dayMs = 24 * hourMs
async function recordUsage(history, key, sample) {
  const compact = (lines) => compactHistory(lines, sample.atMs)
  await history?.append(await historyName(key), JSON.stringify(sample), compact)
}
async function historyName(key) {
  return `usage-${await fingerprint(new Secret(key))}`
}
var grains = [
  { youngerThanMs: 6 * hourMs, lengthMs: minuteMs },
  { youngerThanMs: 14 * dayMs, lengthMs: hourMs },
  { youngerThanMs: 400 * dayMs, lengthMs: dayMs },
]
var mostSamples = 1200
function compactHistory(lines, nowMs) {
  const lengthOf = (atMs) => grains.find(({ youngerThanMs }) => nowMs - atMs < youngerThanMs)?.lengthMs
  return toPeaks(parseSamples(lines), lengthOf)
    .slice(-mostSamples)
    .map((sample) => JSON.stringify(sample))
}
function toPeaks(samples, lengthOf) {
  const peaks = /* @__PURE__ */ new Map()
  for (const sample of samples) {
    const lengthMs = lengthOf(sample.atMs)
    if (lengthMs === void 0) continue
    const stretch = `${lengthMs} ${Math.floor(sample.atMs / lengthMs)}`
    peaks.set(stretch, toPeak(peaks.get(stretch), sample))
  }
  return [...peaks.values()]
}
function toPeak(known, { atMs, windows }) {
  if (!known) return { atMs, windows }
  const highest = /* @__PURE__ */ new Map()
  for (const window of [...known.windows, ...windows]) {
    const key = `${window.limit} ${window.windowMs}`
    if (window.usedPercent >= (highest.get(key)?.usedPercent ?? 0)) highest.set(key, window)
  }
  return { atMs, windows: [...highest.values()] }
}
function parseSamples(lines) {
  return lines
    .map(parseSample)
    .filter((sample) => sample !== void 0)
    .toSorted((one, other) => one.atMs - other.atMs)
}
function parseSample(line) {
  const stored = parseJsonObject(line)
  const atMs = readNumber(stored, 'atMs')
  const windows = stored?.['windows']
  if (atMs === void 0 || atMs < 0 || !Array.isArray(windows)) return void 0
  return { atMs, windows: windows.filter(isJsonObject).flatMap(parseWindow) }
}
function parseWindow(stored) {
  const limit = readString(stored, 'limit')
  const usedPercent = readNumber(stored, 'usedPercent')
  if (limit === void 0 || usedPercent === void 0) return []
  const windowMs = readNumber(stored, 'windowMs')
  const resetsAtMs = readNumber(stored, 'resetsAtMs')
  return [
    {
      limit,
      name: readString(stored, 'name') ?? limit,
      usedPercent,
      ...(windowMs !== void 0 && { windowMs }),
      ...(resetsAtMs !== void 0 && { resetsAtMs }),
    },
  ]
}

// src/backend/usage.ts
var freshForMs2 = 60 * 1e3
async function readUsage(session, options2 = {}) {
  const { cache, force, history } = options2
  const key = await cacheKey(session)
  const nowMs = nowOf(options2)
  const wanted = { cache, name: 'usage', key, freshForMs: freshForMs2, force, nowMs }
  const {
    found,
    source,
    failure: failure2,
  } = await readThrough(wanted, async () => ({
    key,
    fetchedAtMs: nowMs,
    answer: await fetchUsage(session, options2),
  }))
  const limits = parseUsageLimits(found.answer, found.fetchedAtMs)
  if (source === 'network') await recordUsage(history, key, { atMs: nowMs, windows: limits.windows })
  return { ...limits, source, ...toFreshness(found.fetchedAtMs, nowMs, failure2) }
}
async function fetchUsage(session, options2) {
  if (session.provider.ways) throw notTold()
  const response = await session.readOnlyFetch(usageUrl(session.provider.backendUrl), {
    ...(options2.signal && { signal: options2.signal }),
  })
  if (!response.ok) throw await toUpstreamError(response, nowOf(options2))
  return withoutPerson(await readJson(response, 'the usage', options2.signal))
}
function notTold() {
  return new AuthError(
    'ERR_UPSTREAM_BAD_REQUEST',
    'This provider tells programs nothing about usage; nothing was sent.',
    {
      advice: 'See https://chatgpt.com/settings/usage.',
    },
  )
}
var membersRead2 = ['plan_type', 'rate_limit', 'additional_rate_limits', 'credits', 'rate_limit_reached_type']
function withoutPerson(answer) {
  return Object.fromEntries(membersRead2.map((member) => [member, answer[member]]))
}
function usageUrl(backendUrl) {
  return backendUrl.includes('/backend-api') ? `${backendUrl}/wham/usage` : `${backendUrl}/api/codex/usage`
}

// src/agent/agent-details.ts
init_core()

// src/agent/mask-account.ts
function toAgentAccount({ email, accountId, planType }, discloses) {
  const isFull = discloses === 'full'
  return {
    ...(email !== void 0 && { email: isFull ? email : maskEmail(email) }),
    ...(isFull && accountId !== void 0 && { accountId }),
    ...(planType !== void 0 && { plan: planType }),
  }
}
function maskEmail(email) {
  const at = email.lastIndexOf('@')
  return at < 1 ? '***' : `${email.slice(0, 1)}***${email.slice(at)}`
}

// src/agent/agent-details.ts
async function readDetails(parts) {
  const { store, clock, discloses } = parts
  const [status2, stored] = [await readSessionStatus(parts), await store.read()]
  const state = toState2(status2, clock.now())
  const facts = { state, account: toAgentAccount(status2, discloses), ...toTimes(status2, stored) }
  if (state !== 'signed_in' && state !== 'expiring') return facts
  const [models2, usage2] = [await readKeptModels(parts), await readKeptUsage(parts)]
  return { ...facts, ...(models2 && { models: models2 }), ...(usage2 && { usage: usage2 }) }
}
function toState2({ state, reason, expiresAtMs }, nowMs) {
  if (state === 'absent') return 'signed_out'
  if (state === 'unsupported') return 'other_credential'
  if (state === 'dead') return 'reauth_required'
  const isEnding = expiresAtMs !== void 0 && expiresAtMs - nowMs < defaultRefreshWindowMs
  if (isEnding && reason !== void 0) return 'reauth_required'
  return isEnding ? 'expiring' : 'signed_in'
}
function toTimes({ expiresAtMs }, stored) {
  const updatedAtMs = stored?.mode === 'chatgpt' ? stored.lastRefreshMs : void 0
  return { ...(expiresAtMs !== void 0 && { expiresAtMs }), ...(updatedAtMs !== void 0 && { updatedAtMs }) }
}
async function refuse() {
  throw new AuthError('ERR_NETWORK_UNREACHABLE', 'Nobody is asked.')
}
function offline(parts) {
  const session = parts.session()
  return { provider: session.provider, fetch: refuse, readOnlyFetch: refuse, status: () => session.status() }
}
async function readKeptModels(parts) {
  const list = await orNothing(readModels(offline(parts), parts))
  return list && { ids: list.models.map(({ id }) => id), fetchedAtMs: list.fetchedAtMs }
}
function readKeptUsage(parts) {
  return orNothing(readUsage(offline(parts), parts))
}
async function orNothing(answer) {
  try {
    return await answer
  } catch (error) {
    if (isAuthError(error)) return void 0
    throw error
  }
}
function toStatusResult(details, status2) {
  const { state, account, models: models2 } = details
  if (state === 'signed_out') return signedOut()
  if (state === 'reauth_required') return end('reauth_required')
  if (state === 'other_credential') return failure('other_credential')
  const [defaultModel] = models2?.ids ?? []
  return {
    status: status2,
    account,
    ...(models2 && { modelCount: models2.ids.length }),
    ...(defaultModel !== void 0 && { defaultModel }),
    message: status2 === 'signed_in' ? 'Signed in.' : 'Somebody is signed in already. There is nothing to do.',
    nextAction: 'none',
  }
}

// src/agent/agent-parts.ts
init_core()

// src/agent/flow-file.ts
init_core()
import { readFile as readFile7, rm } from 'node:fs/promises'
import { join as join15 } from 'node:path'

// src/agent/sign-in-flow.ts
init_core()
import { randomBytes as randomBytes3 } from 'node:crypto'
var outcomes = ['signed_in', 'denied', 'expired', 'cancelled', 'wrong_account', 'approval_lost']
var flowIdPattern = /^flow_[\w-]{22}$/
function createFlowId() {
  return `flow_${randomBytes3(16).toString('base64url')}`
}
function approveFlow({ flowId, issuer, switchesAccount }, grant, ownerBefore) {
  return { state: 'approved', flowId, issuer, switchesAccount, grant, ownerBefore }
}
function endFlow({ flowId, issuer, switchesAccount }, outcome) {
  return { state: 'ended', flowId, issuer, switchesAccount, outcome }
}
function serializeFlow(flow) {
  return JSON.stringify(toJson(flow), void 0, 2)
}
function toJson(flow) {
  switch (flow.state) {
    case 'waiting': {
      return { ...flow, code: { ...flow.code, deviceAuthId: flow.code.deviceAuthId.reveal() } }
    }
    case 'approved': {
      const { code, verifier, redirectUri } = flow.grant
      return { ...flow, grant: { code: code.reveal(), verifier: verifier.reveal(), redirectUri } }
    }
    case 'ended': {
      return flow
    }
    default: {
      return flow
    }
  }
}
function parseFlow(text) {
  const json = parseJsonObject(text)
  const flowId = readString(json, 'flowId')
  const issuer = readString(json, 'issuer')
  if (!json || issuer === void 0 || flowId === void 0 || !flowIdPattern.test(flowId)) return void 0
  const facts = { flowId, issuer, switchesAccount: json['switchesAccount'] === true }
  const state = readString(json, 'state')
  if (state === 'waiting') return parseWaiting(facts, json)
  if (state === 'approved') return parseApproved(facts, json)
  const outcome = outcomes.find((known) => known === readString(json, 'outcome'))
  return state === 'ended' && outcome ? { ...facts, state, outcome } : void 0
}
function parseWaiting(facts, json) {
  const code = parseCode(readObject(json, 'code'))
  const pollAfterMs = readNumber(json, 'pollAfterMs')
  if (!code || pollAfterMs === void 0) return void 0
  return {
    ...facts,
    state: 'waiting',
    code,
    pollAfterMs,
    turn: readString(json, 'turn'),
    ownerAtStart: readString(json, 'ownerAtStart'),
  }
}
function parseCode(json) {
  const [deviceAuthId, userCode] = [readString(json, 'deviceAuthId'), readString(json, 'userCode')]
  const verificationUrl = readString(json, 'verificationUrl')
  const [intervalMs, expiresAtMs] = [readNumber(json, 'intervalMs'), readNumber(json, 'expiresAtMs')]
  if (deviceAuthId === void 0 || userCode === void 0 || verificationUrl === void 0) return void 0
  if (intervalMs === void 0 || expiresAtMs === void 0) return void 0
  return { deviceAuthId: new Secret(deviceAuthId), userCode, verificationUrl, intervalMs, expiresAtMs }
}
function parseApproved(facts, json) {
  const grant = readObject(json, 'grant')
  const [code, verifier] = [readString(grant, 'code'), readString(grant, 'verifier')]
  const redirectUri = readString(grant, 'redirectUri')
  if (code === void 0 || verifier === void 0 || redirectUri === void 0) return void 0
  const parsed = { code: new Secret(code), verifier: new Secret(verifier), redirectUri }
  return { ...facts, state: 'approved', grant: parsed, ownerBefore: readString(json, 'ownerBefore') }
}

// src/agent/flow-file.ts
function createFlowFile(folder, issuer) {
  const path = join15(folder, 'auth.sign-in.json')
  async function read2() {
    const text = await readIfThere4(path)
    if (text === void 0) return void 0
    const flow = parseFlow(text)
    if (!flow) return 'damaged'
    return flow.issuer === issuer ? flow : void 0
  }
  const write2 = (flow) => (flow ? replaceFile(path, serializeFlow(flow)) : rm(path, { force: true }))
  return {
    read: read2,
    update: (change) => withLockedFile(path, {}, void 0, async () => change(await read2(), write2)),
  }
}
async function readIfThere4(path) {
  try {
    return await readFile7(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && ['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return void 0
    throw new AuthError('ERR_STORE_READ', 'The sign-in under way cannot be read.', { cause: error })
  }
}

// src/agent/model-events.ts
function createModelEvents(logger) {
  const listeners = /* @__PURE__ */ new Set()
  let known
  function emit(reason, models2) {
    known = models2.join(' ')
    for (const listener of listeners) {
      try {
        listener({ type: 'modelsChanged', reason, models: models2 })
      } catch {
        logger.warn('A listener failed on the event "modelsChanged".')
      }
    }
  }
  return {
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    emit,
    notice: (models2) => {
      const isNews = known !== void 0 && known !== models2.join(' ')
      known = models2.join(' ')
      if (isNews) emit('list_changed', models2)
    },
    isHeard: () => listeners.size > 0,
  }
}

// src/agent/agent-parts.ts
function createAgentParts(options2) {
  const { folder, store, verdicts: verdicts2, cache, provider, discloses = 'masked' } = options2
  const { identity = createClientIdentity(), fetch = platformFetch } = options2
  const { clock = systemClock, logger = silentLogger } = options2
  const open7 = () => createSession({ store, verdicts: verdicts2, provider, identity, fetch, clock, logger })
  let session = open7()
  return {
    store,
    verdicts: verdicts2,
    cache,
    provider,
    identity,
    fetch,
    clock,
    logger,
    discloses,
    flows: createFlowFile(folder, provider.issuer),
    events: createModelEvents(logger),
    session: () => session,
    renewSession: () => {
      session = open7()
    },
  }
}

// src/agent/agent-reads.ts
init_core()
async function readAgentModels(parts, options2 = {}) {
  const list = await withSession(parts, (session) => readModels(session, { ...parts, ...inTime(options2) }))
  const models2 = list.models.map(({ id }) => id)
  parts.events.notice(models2)
  const message = models2.length === 0 ? 'The service lists no models for this account.' : 'These models can be chosen.'
  const nextAction = models2.length === 0 ? 'none' : 'choose_model'
  return {
    status: 'models',
    models: models2,
    ...toFreshness2({ ...list, source: sourceOf(list) }),
    message,
    nextAction,
  }
}
var patienceMs2 = 2e4
function inTime({ signal, ...options2 }) {
  const deadline = AbortSignal.timeout(patienceMs2)
  return { ...options2, signal: signal ? AbortSignal.any([signal, deadline]) : deadline }
}
function sourceOf({ source }) {
  return source === 'network' ? 'network' : 'cache'
}
var silences = /* @__PURE__ */ new Set([
  'ERR_UPSTREAM_BAD_RESPONSE',
  'ERR_UPSTREAM_EDGE_BLOCKED',
  'ERR_UPSTREAM_RATE_LIMITED',
  'ERR_UPSTREAM_REGION',
  'ERR_UPSTREAM_REJECTED',
  'ERR_UPSTREAM_UNAVAILABLE',
])
async function readAgentUsage(parts, options2 = {}) {
  try {
    const usage2 = await withSession(parts, (session) => readUsage(session, { ...parts, ...inTime(options2) }))
    if (usage2.windows.length === 0 && !usage2.credits) return failure('usage_unavailable')
    const message = 'This much of the plan is used.'
    return { status: 'usage', usage: toAgentUsage(usage2), ...toFreshness2(usage2), message, nextAction: 'none' }
  } catch (error) {
    if (isAuthError(error) && silences.has(error.code)) return failure('usage_unavailable', error.code)
    throw error
  }
}
async function withSession(parts, read2) {
  const readNow2 = () => read2(parts.session()).catch((error) => Promise.reject(toFailure(error, parts)))
  try {
    return await readNow2()
  } catch (error) {
    if (!isAuthError(error)) throw error
    if (error.code === 'ERR_TOKEN_ACCOUNT_MISMATCH') parts.renewSession()
    else if (error.code !== 'ERR_TOKEN_EXPIRED' && error.code !== 'ERR_UPSTREAM_UNAUTHORIZED') throw error
    if (error.code === 'ERR_UPSTREAM_UNAUTHORIZED') await parts.session().refresh()
    else await parts.session().credential()
    return readNow2()
  }
}
function toFailure(error, { provider }) {
  const isLate = error instanceof Error && error.name === 'TimeoutError'
  return isLate ? toNetworkError(error, provider.backendUrl) : error
}
function toFreshness2(found) {
  const { source, fetchedAtMs } = found
  return { source, fetchedAt: new Date(fetchedAtMs).toISOString(), stale: found.failure !== void 0 }
}
function toAgentUsage({ planType, windows, credits }) {
  return {
    ...(planType !== void 0 && { plan: planType }),
    limits: windows.map(toAgentLimit),
    ...(credits?.balance !== void 0 && { creditBalance: credits.balance }),
  }
}
function toAgentLimit({ limit, name, usedPercent, windowMs, resetsAtMs }) {
  return {
    limit,
    name,
    usedPercent,
    ...(windowMs !== void 0 && { windowSeconds: windowMs / 1e3 }),
    ...(resetsAtMs !== void 0 && { resetsAt: new Date(resetsAtMs).toISOString() }),
  }
}

// src/agent/flow-steps.ts
init_core()

// src/agent/finish-flow.ts
init_core()
async function finishFlow(parts, flow, write2) {
  const stored = await readChatgpt2(parts.store)
  if (stored?.loginOwnerId === void 0 || stored.loginOwnerId === flow.ownerBefore) {
    const failed = await exchange(parts, flow, write2)
    if (failed) return failed
  }
  await write2(endFlow(flow, 'signed_in'))
  parts.renewSession()
  return welcome(parts)
}
async function exchange(parts, flow, write2) {
  try {
    const accept = expectAccount({ mayReplace: flow.switchesAccount })
    const completed = await completeSignIn({ ...parts, accept }, flow.grant)
    await revokeReplaced(completed, parts)
    return void 0
  } catch (error) {
    if (!isAuthError(error) || !error.code.startsWith('ERR_SIGN_IN_')) return toAgentResult(error)
    const outcome = error.code === 'ERR_SIGN_IN_WRONG_ACCOUNT' ? 'wrong_account' : 'approval_lost'
    await write2(endFlow(flow, outcome))
    return failure(outcome, error.code)
  }
}
async function readChatgpt2(store) {
  try {
    const stored = await store.read()
    return stored?.mode === 'chatgpt' ? stored : void 0
  } catch (error) {
    if (isAuthError(error) && error.code === 'ERR_STORE_CORRUPT') return void 0
    throw error
  }
}
async function welcome(parts) {
  const models2 = await readAgentModels(parts, { force: true }).catch(nothingOfOurs)
  await readAgentUsage(parts, { force: true }).catch(nothingOfOurs)
  parts.events.emit('signed_in', models2?.models ?? [])
  return readSignedIn(parts)
}
function nothingOfOurs(error) {
  if (!isAuthError(error)) throw error
}
async function readSignedIn(parts) {
  const result = toStatusResult(await readDetails(parts), 'signed_in')
  if (result.status !== 'signed_in') return result
  if (parts.events.isHeard()) return { ...result, nextAction: 'choose_model' }
  const message = 'Signed in. A model picker shows the new models once its page is refreshed.'
  return { ...result, message, nextAction: 'host_refresh_models' }
}
async function toEndResult(parts, outcome) {
  if (outcome === 'signed_in') return readSignedIn(parts)
  if (outcome === 'wrong_account' || outcome === 'approval_lost') return failure(outcome)
  return end(outcome)
}

// src/agent/require-device-codes.ts
init_core()
function requireDeviceCodes({ ways }) {
  if (ways) throw notForAgents()
}
function notForAgents() {
  return new AuthError(
    'ERR_CONFIG_TERMS',
    '"Sign in with ChatGPT" is for the connected program alone, and has no codes for an agent to show.',
    {
      advice: 'Use another profile; `docs/which-route.md` says which route allows what.',
    },
  )
}

// src/agent/flow-steps.ts
var requestTimeoutMs = 2e4
var intervalMargin = 1.2
var slowDownMs = 5e3
function startFlow(parts, { switchAccount = false, turn }) {
  return parts.flows.update(async (kept, write2) => {
    const found = await readStatus(parts)
    const mayStart = switchAccount || ['signed_out', 'reauth_required'].includes(found.status) || isCorrupt(found)
    if (!mayStart) return found
    requireDeviceCodes(parts.provider)
    const flow = liveFlow(kept, parts)
    if (flow?.state === 'approved') return finishFlow(parts, flow, write2)
    const switchesAccount = switchAccount || (flow?.switchesAccount ?? false)
    const waiting = flow ? { ...flow, switchesAccount, turn } : await requestCode(parts, { switchesAccount, turn })
    await write2(waiting)
    return toAwaiting(waiting, 'show_code')
  })
}
function isCorrupt(result) {
  return result.status === 'error' && result.reason === 'ERR_STORE_CORRUPT'
}
async function readStatus(parts) {
  try {
    return toStatusResult(await readDetails(parts), 'already_signed_in')
  } catch (error) {
    if (isAuthError(error)) return toAgentResult(error)
    throw error
  }
}
function liveFlow(kept, { clock }) {
  if (kept === void 0 || kept === 'damaged' || kept.state === 'ended') return void 0
  return kept.state === 'waiting' && clock.now() >= kept.code.expiresAtMs ? void 0 : kept
}
async function requestCode({ provider, identity, fetch, clock, store }, facts) {
  const ownerAtStart = (await readChatgpt2(store))?.loginOwnerId
  const transport = { fetch, identity, signal: AbortSignal.timeout(requestTimeoutMs) }
  const response = await userCodeRequest(provider, transport)
  const code = await processUserCodeResponse(provider, response, clock.now())
  const pollAfterMs = clock.now() + code.intervalMs
  return {
    ...facts,
    state: 'waiting',
    flowId: createFlowId(),
    issuer: provider.issuer,
    code,
    pollAfterMs,
    ownerAtStart,
  }
}
function toAwaiting({ flowId, code, pollAfterMs }, nextAction) {
  const result = {
    status: 'awaiting_user',
    flowId,
    verificationUri: code.verificationUrl,
    userCode: code.userCode,
    expiresAt: new Date(code.expiresAtMs).toISOString(),
    pollAfter: new Date(pollAfterMs).toISOString(),
    intervalSeconds: Math.round(code.intervalMs / 1e3),
    message:
      nextAction === 'show_code'
        ? 'Show the address and the code apart from each other, warn the person never to share the code, and wait for them.'
        : 'The person has not approved yet. Wait until they say that they have.',
    nextAction,
  }
  return result
}
function checkFlow(parts, options2) {
  return parts.flows.update(async (kept, write2) => {
    if (kept === 'damaged') return failure('flow_unreadable')
    if (!kept || isOther(kept, options2)) return withoutFlow(parts, options2)
    if (kept.state === 'ended') return toEndResult(parts, kept.outcome)
    if (kept.state === 'approved') return finishFlow(parts, kept, write2)
    return checkWaiting(parts, kept, options2, write2)
  })
}
function isOther(flow, { flowId }) {
  return flowId !== void 0 && flowId !== flow.flowId
}
async function withoutFlow(parts, { flowId }) {
  if (flowId !== void 0) return failure('unknown_flow')
  const found = toStatusResult(await readDetails(parts), 'already_signed_in')
  return found.status === 'signed_out' ? failure('unknown_flow') : found
}
async function checkWaiting(parts, flow, { turn }, write2) {
  const nowMs = parts.clock.now()
  if (nowMs >= flow.code.expiresAtMs) return endWith(flow, 'expired', write2)
  const isSameTurn = turn !== void 0 && turn === flow.turn
  if (isSameTurn || nowMs < flow.pollAfterMs) return toAwaiting(flow, 'wait_for_user')
  const stored = await readChatgpt2(parts.store)
  if (flow.ownerAtStart !== void 0 && !stored) return endWith(flow, 'cancelled', write2)
  const poll2 = await pollOnce(parts, flow)
  if (poll2.state === 'denied' || poll2.state === 'expired') return endWith(flow, poll2.state, write2)
  if (poll2.state === 'approved') {
    const approved = approveFlow(flow, poll2.grant, stored?.loginOwnerId)
    await write2(approved)
    return finishFlow(parts, approved, write2)
  }
  const later = { ...flow, turn, ...toNextPoll(flow, poll2.state, parts.clock.now()) }
  await write2(later)
  return toAwaiting(later, 'wait_for_user')
}
async function pollOnce({ provider, identity, fetch }, { code }) {
  const transport = { fetch, identity, signal: AbortSignal.timeout(requestTimeoutMs) }
  try {
    return await processDevicePollResponse(provider, await devicePollRequest(provider, code, transport))
  } catch (error) {
    if (isAuthError(error) && error.code === 'ERR_SIGN_IN_DENIED') return { state: 'denied' }
    if (isAuthError(error) && error.code === 'ERR_SIGN_IN_EXPIRED') return { state: 'expired' }
    throw error
  }
}
function toNextPoll({ code }, state, nowMs) {
  const intervalMs = code.intervalMs + (state === 'slow-down' ? slowDownMs : 0)
  return { code: { ...code, intervalMs }, pollAfterMs: nowMs + intervalMs * intervalMargin }
}
async function endWith(flow, outcome, write2) {
  await write2(endFlow(flow, outcome))
  return end(outcome)
}
function cancelFlow(parts, options2) {
  return parts.flows.update(async (kept, write2) => {
    if (kept === 'damaged') await write2(void 0)
    if (kept === void 0 || kept === 'damaged') return options2.flowId ? failure('unknown_flow') : end('cancelled')
    if (isOther(kept, options2)) return failure('unknown_flow')
    if (kept.state === 'ended') return toEndResult(parts, kept.outcome)
    return endWith(kept, 'cancelled', write2)
  })
}
function signOut2(parts) {
  return parts.flows.update(async (kept, write2) => {
    if (kept === 'damaged') await write2(void 0)
    else if (kept) await write2(kept.state === 'ended' ? void 0 : endFlow(kept, 'cancelled'))
    const { removed, revocation } = await parts.session().signOut()
    parts.renewSession()
    for (const name of ['models', 'usage']) await parts.cache.write(name, '{}')
    if (removed) parts.events.emit('signed_out', [])
    const nextAction = removed && !parts.events.isHeard() ? 'host_refresh_models' : 'none'
    return { ...signedOut(), removed, revocation, nextAction, message: inWords2(removed, revocation) }
  })
}
function inWords2(removed, revocation) {
  if (!removed) return 'Nobody was signed in.'
  if (revocation === 'revoked') return 'Signed out, here and at the service.'
  return 'Signed out here, but the service did not end the session. It can be ended in ChatGPT under Settings, Security.'
}

// src/agent/wait-for-flow.ts
var defaultWaitMs2 = 45e3
var retryMs = 5e3
async function waitForFlow(check, clock, { flowId, maxWaitMs = defaultWaitMs2, signal, onWaiting }) {
  const deadlineMs = clock.now() + maxWaitMs
  for (;;) {
    signal?.throwIfAborted()
    const result = await check({ flowId })
    const pauseMs3 = pauseBefore(result, clock.now())
    if (pauseMs3 === void 0 || clock.now() + pauseMs3 > deadlineMs) return result
    if (result.status === 'awaiting_user') onWaiting?.(result)
    await clock.sleep(pauseMs3, signal)
  }
}
function pauseBefore(result, nowMs) {
  if (result.status === 'awaiting_user') return Math.max(1e3, Date.parse(result.pollAfter) - nowMs)
  return result.status === 'error' && result.retryable ? retryMs : void 0
}

// src/agent/watch-models.ts
init_core()
var freshForMs3 = 5 * 6e4
async function* watchModels(parts, options2) {
  const { signal, everyMs = 2e3 } = options2
  let told
  const isOver = () => signal?.aborted === true
  while (!isOver()) {
    const revision = await parts.store.revision?.()
    const models2 = await readNow(parts, signal)
    if (models2 && (!told || told.models.join(' ') !== models2.join(' '))) {
      told = { type: 'modelsChanged', reason: reasonFor(told?.models, models2), models: models2 }
      yield told
    }
    await untilChanged(parts, revision, { everyMs, signal })
  }
}
function reasonFor(before = [], now) {
  if (now.length === 0) return 'signed_out'
  return before.length === 0 ? 'signed_in' : 'list_changed'
}
async function readNow(parts, signal) {
  try {
    const { models: models2 } = await readAgentModels(parts, { signal })
    return models2
  } catch (error) {
    if (signal?.aborted) return void 0
    if (!isAuthError(error)) throw error
    return error.remedy === 'sign-in' ? [] : void 0
  }
}
async function untilChanged({ store, clock }, revision, { everyMs, signal }) {
  const untilMs = clock.now() + freshForMs3
  const isOver = () => signal?.aborted === true
  while (!isOver() && clock.now() < untilMs && (await store.revision?.()) === revision) {
    await clock.sleep(everyMs, signal).catch(ignoreAbort(signal))
  }
}
function ignoreAbort(signal) {
  return (error) => {
    if (!signal?.aborted) throw error
  }
}

// src/agent/create-agent.ts
function createAgent(options2) {
  const parts = createAgentParts(options2)
  const settle2 = (operation) => settleWith(parts, operation)
  const check = (flow = {}) => settle2(checkFlow(parts, flow))
  return {
    status: () => settle2(readStatus2(parts)),
    start: (start2 = {}) => settle2(startFlow(parts, start2)),
    check,
    wait: (wait = {}) => waitForFlow(check, parts.clock, wait),
    cancel: (flow = {}) => settle2(cancelFlow(parts, flow)),
    signOut: () => settle2(signOut2(parts)),
    models: (read2) => settle2(readAgentModels(parts, read2)),
    usage: (read2) => settle2(readAgentUsage(parts, read2)),
    refresh: () => settle2(refresh(parts)),
    details: () => readDetails(parts),
    verificationUri: endpointsOf(parts.provider.issuer).devicePage,
    subscribe: parts.events.subscribe,
    isHeard: parts.events.isHeard,
    watchModels: (watch2 = {}) => watchModels(parts, watch2),
  }
}
async function readStatus2(parts) {
  const found = toStatusResult(await readDetails(parts), 'signed_in')
  if (found.status === 'signed_in') return found
  const flow = await parts.flows.read()
  const isLive = typeof flow === 'object' && flow.state === 'waiting' && flow.code.expiresAtMs > parts.clock.now()
  return isLive ? toAwaiting(flow, 'wait_for_user') : found
}
async function refresh(parts) {
  await parts.session().refresh()
  return readStatus2(parts)
}
async function settleWith({ logger }, operation) {
  try {
    return await operation
  } catch (error) {
    if (isAbortError(error)) throw error
    if (!isAuthError(error)) logger.warn(`A bug: ${error instanceof Error ? error.name : typeof error}.`)
    return toAgentResult(error)
  }
}

// src/agent/open-agent.ts
function openAgent(options2 = {}) {
  const { profile: name, environment, ...rest } = options2
  const { folder, cacheFolder, store, verdicts: verdicts2 } = openProfile({ profile: name, environment })
  if (readProviderChoice(folder).provider !== 'codex') throw notForAgents()
  const variables = variablesOf(environment)
  const provider = rest.provider ?? providerOf(variables)
  const cache = createFileCache(cacheFolder)
  const fetch = rest.fetch ?? createLazyTransport(variables)
  return createAgent({ ...rest, folder, store, verdicts: verdicts2, cache, provider, fetch })
}

// src/agent/skill-result.ts
var modelPrefix = 'openai-codex/'
function skillFailure(code, error, hint) {
  return { ok: false, error, code, hint }
}
function toSeconds(milliseconds) {
  return Math.floor(milliseconds / 1e3)
}

// src/agent/skill-views.ts
function toNextStep(models2 = []) {
  const [first] = models2
  const choose = first === void 0 ? 'choose one in the model picker' : `switch with /model ${modelPrefix}${first}`
  return `Tell the user: connection successful. Please refresh your browser page; once it reloads, the new ${modelPrefix}* models appear in the model picker. Then ${choose}.`
}
function toConnectedView(details) {
  const models2 = details.models?.ids ?? []
  return {
    email: details.account.email ?? null,
    account_id: details.account.accountId ?? null,
    expires_at: orNull(details.expiresAtMs),
    models_count: models2.length,
    default_model_id: models2[0] === void 0 ? null : `${modelPrefix}${models2[0]}`,
    available_models: toPrefixed(models2),
    usage: keptUsage(details),
  }
}
function toPrefixed(models2) {
  return models2.map((id) => `${modelPrefix}${id}`)
}
function keptUsage({ usage: usage2 }) {
  return usage2 ? toUsageView(toAgentUsage(usage2), usage2.fetchedAtMs) : null
}
function toUsageView({ plan, limits, creditBalance }, fetchedAtMs) {
  return {
    fetched_at: toSeconds(fetchedAtMs),
    plan_type: plan ?? null,
    windows: limits.map(({ limit, name, usedPercent, windowSeconds, resetsAt }) => ({
      limit,
      name,
      used_percent: usedPercent,
      window_seconds: windowSeconds ?? null,
      resets_at: resetsAt === void 0 ? null : toSeconds(Date.parse(resetsAt)),
    })),
    credit_balance: creditBalance ?? null,
  }
}
function toCacheFlush({ isHeard }) {
  if (isHeard()) return { ok: true }
  return { ok: false, reason: 'no_listener', detail: 'Nothing in this process shows models; refresh what does.' }
}
function orNull(milliseconds) {
  return milliseconds === void 0 ? null : toSeconds(milliseconds)
}

// src/agent/skill.ts
function createSkill({ agent = openAgent(), clock = systemClock } = {}) {
  const parts = { agent, clock }
  return {
    status: () => settle(status(parts)),
    start: (options2) => settle(start(parts, options2)),
    poll: (pendingId, options2) => settle(poll(parts, pendingId, options2)),
    logout: () => settle(logout(parts)),
    refresh: () => settle(refresh2(parts)),
    models: (force) => settle(models(parts, force)),
    usage: (force) => settle(usage(parts, force)),
  }
}
var skillNames = ['status', 'start', 'poll', 'logout', 'refresh', 'models', 'usage']
function toSkillFailure(error) {
  return fromAgent(toAgentResult(error))
}
async function settle(operation) {
  try {
    return await operation
  } catch (error) {
    return toSkillFailure(error)
  }
}
async function status({ agent, clock }) {
  const details = await agent.details()
  if (details.state === 'signed_out' || details.state === 'other_credential') {
    return {
      ok: true,
      state: details.state === 'signed_out' ? 'not_connected' : 'other_credential',
      connected: false,
      verification_url_root: agent.verificationUri,
      hint: 'Not connected. Run start() to log in, if the user asked for that.',
    }
  }
  const { expires_at, models_count, default_model_id, available_models, ...view } = toConnectedView(details)
  return {
    ok: true,
    state: details.state === 'signed_in' ? 'connected' : details.state,
    connected: details.state !== 'reauth_required',
    email: view.email,
    account_id: view.account_id,
    expires_at,
    expires_in_seconds: secondsUntil(details.expiresAtMs, clock),
    updated_at: orNull(details.updatedAtMs),
    models_count,
    models_fetched_at: orNull(details.models?.fetchedAtMs),
    default_model_id,
    available_models,
    usage: view.usage,
    usage_fetched_at: view.usage?.fetched_at ?? null,
  }
}
function secondsUntil(expiresAtMs, { now }) {
  return expiresAtMs === void 0 ? null : Math.max(0, toSeconds(expiresAtMs - now()))
}
async function start({ agent, clock }, options2) {
  const result = await agent.start(options2)
  if (result.status === 'awaiting_user') return toStarted(result, clock)
  if (result.status !== 'already_signed_in' && result.status !== 'signed_in') return fromAgent(result)
  return {
    ok: true,
    status: 'connected',
    ...toConnectedView(await agent.details()),
    hint: 'Already connected. Tell the user and stop; switch accounts only when the user asks for it.',
  }
}
function toStarted(started, clock) {
  const { flowId, userCode, verificationUri, expiresAt, intervalSeconds } = started
  return {
    ok: true,
    status: 'pending',
    pending_id: flowId,
    user_code: userCode,
    verification_url: verificationUri,
    interval_seconds: intervalSeconds,
    expires_in_seconds: secondsUntil(Date.parse(expiresAt), clock),
    instructions: `Open ${verificationUri} in a browser, sign in, and type the code ${userCode} there. Never share the code with anybody. Say when it is done; then the agent polls once.`,
  }
}
async function poll({ agent }, pendingId, options2) {
  const result = await agent.check({ ...options2, flowId: pendingId || void 0 })
  if (result.status === 'awaiting_user') {
    return {
      ok: true,
      status: 'pending',
      message: 'Still waiting for the user to authorize. Ask whether the browser step is done; poll again only then.',
    }
  }
  if (result.status !== 'signed_in' && result.status !== 'already_signed_in') return fromAgent(result)
  const details = await agent.details()
  const cache_flush = toCacheFlush(agent)
  return {
    ok: true,
    status: 'connected',
    ...toConnectedView(details),
    cache_flush,
    next_step: toNextStep(details.models?.ids),
  }
}
async function logout({ agent }) {
  const result = await agent.signOut()
  if (result.status !== 'signed_out') return fromAgent(result)
  const { removed = false, revocation = 'not-needed' } = result
  const word = removed ? 'disconnected' : 'not_connected'
  return { ok: true, status: word, removed, revocation, cache_flush: toCacheFlush(agent) }
}
async function refresh2({ agent, clock }) {
  const before = await agent.details()
  if (before.state === 'signed_out') return notConnected('Not connected; nothing to refresh.')
  const result = await agent.refresh()
  if (result.status !== 'signed_in') return prefixed('refresh failed', fromAgent(result))
  const { expiresAtMs } = await agent.details()
  const expires_in_seconds = secondsUntil(expiresAtMs, clock)
  return { ok: true, status: 'refreshed', expires_at: orNull(expiresAtMs), expires_in_seconds }
}
async function models({ agent }, force = false) {
  const result = await agent.models({ force })
  if (result.status === 'signed_out') return notConnected('Not connected.')
  if (result.status !== 'models') return prefixed('fetch failed', fromAgent(result))
  return {
    ok: true,
    source: toSource(result.source),
    ...(result.stale && { stale: true }),
    count: result.models.length,
    available_models: toPrefixed(result.models),
    fetched_at: toSeconds(Date.parse(result.fetchedAt)),
  }
}
async function usage({ agent }, force = false) {
  const result = await agent.usage({ force })
  if (result.status === 'signed_out') return notConnected('Not connected.')
  if (result.status === 'error' && result.code === 'usage_unavailable') {
    return {
      ok: true,
      source: 'unavailable',
      hint: 'Account usage endpoint did not return data (may be region-restricted or rate-limited).',
      usage: keptUsage(await agent.details()),
    }
  }
  if (result.status !== 'usage') return prefixed('fetch failed', fromAgent(result))
  const view = toUsageView(result.usage, Date.parse(result.fetchedAt))
  return { ok: true, source: toSource(result.source), ...(result.stale && { stale: true }), usage: view }
}
function toSource(source) {
  return source === 'network' ? 'api' : 'cache'
}
function notConnected(error) {
  return skillFailure('not_connected', error, 'Ask the user whether to sign in; start() only when they say so.')
}
function prefixed(what, { error, ...failed }) {
  return { ...failed, error: `${what}: ${error}` }
}
function fromAgent(result) {
  if (result.status === 'signed_out') return notConnected('Not connected.')
  const { message, nextAction } = result
  if (result.status !== 'error') return skillFailure(toCode(result.status), message, hints[nextAction])
  const isUnknown = result.code === 'unknown_flow' || result.code === 'flow_unreadable'
  const error = isUnknown ? 'Unknown or expired pending flow; restart with start().' : message
  const hint = isUnknown ? "If the user hasn't run start() yet, do that first." : hints[nextAction]
  return skillFailure(result.code, error, hint)
}
function toCode(ended) {
  const ends2 = ['reauth_required', 'denied', 'expired', 'cancelled']
  return ends2.find((known) => known === ended) ?? 'internal'
}
var hints = {
  show_code: 'Show the user the address and the code.',
  wait_for_user: 'Wait until the user says that it is done.',
  enable_device_login:
    'Ask the user to enable device code authorization for Codex in ChatGPT under Settings, Security, or to ask the admin of the workspace; then start again.',
  start_again: 'Tell the user, and run start() again when they want to.',
  try_again_later: 'Try once more in a while. Nothing was lost.',
  choose_model: 'Switch with /model.',
  host_refresh_models: 'Ask the user to refresh the page.',
  none: 'Tell the user. Do not try again by yourself.',
}

// tools/skill-script.mjs
var help = `Usage: node chatgpt-auth.mjs <function> [argument] [options]

  status            who is connected; asks nobody
  start             an address and a code to show to the user
  poll [ID]         one look whether the user has approved; ID is the pending_id of start
  logout            disconnect, here and at OpenAI
  refresh           renew the access token now; normally nobody has to
  models            the models of the subscription
  usage             how much of its limits is used

  --force           models, usage: ask anew
  --switch-account  start: replace whoever is connected, when the user asked for that
  --profile NAME    another profile of planpass than the default one

Prints one JSON object. Exit code 0 when it says "ok": true, 3 when it does not, 2 for a call that makes no sense.
`
var options = {
  force: { type: 'boolean' },
  'switch-account': { type: 'boolean' },
  profile: { type: 'string' },
  help: { type: 'boolean' },
}
function read() {
  try {
    return parseArgs({ options, allowPositionals: true })
  } catch {
    return void 0
  }
}
async function call({ values, positionals: [name, argument] }) {
  try {
    const skill = createSkill({ agent: openAgent({ profile: values.profile, fetch: globalThis.fetch }) })
    if (name === 'start') return await skill.start({ switchAccount: values['switch-account'] })
    if (name === 'poll') return await skill.poll(argument)
    if (name === 'models' || name === 'usage') return await skill[name](values.force)
    return await skill[name]()
  } catch (error) {
    return toSkillFailure(error)
  }
}
var given = read()
var isSensible = given && skillNames.includes(given.positionals[0]) && given.positionals.length <= 2
if (given?.values.help) {
  process.stdout.write(help)
} else if (isSensible) {
  const result = await call(given)
  process.stdout.write(`${JSON.stringify(result)}
`)
  process.exitCode = result.ok ? 0 : 3
} else {
  process.stderr.write(help)
  process.exitCode = 2
}

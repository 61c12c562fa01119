import { AuthError } from '../errors.js'
import { readFailedResponse } from '../failed-response.js'
import { classifyFailure } from '../failure-table.js'
import { parseJsonObject, readString, type JsonObject } from '../json.js'
import { readText } from '../network-failure.js'
import { endpointsOf } from '../providers/codex.js'
import type { Provider } from '../providers/provider.js'
import { Secret } from '../secret.js'
import type { AuthorizationGrant } from './authorization-code.js'
import { devicePollFailures, userCodeFailures } from './issuer-failures.js'
import { postJson, type Transport } from './send.js'

/** A started device sign-in: what to show the person, and what to poll with. */
export interface DeviceCode {
  readonly deviceAuthId: Secret
  readonly userCode: string
  readonly verificationUrl: string
  /** How long the server wants us to wait between two polls. */
  readonly intervalMs: number
  readonly expiresAtMs: number
}

/** The server says nothing of it in its answer; this is the life that its page and the Codex client give a code (protocol 3.2). */
const codeLifetimeMs = 15 * 60 * 1000
const defaultIntervalMs = 5000

/** Asks for a user code (protocol 3.1). Not RFC 8628: own endpoint, JSON. */
export function userCodeRequest(provider: Provider, transport: Transport): Promise<Response> {
  return postJson(endpointsOf(provider.issuer).deviceUserCode, { client_id: provider.clientId }, transport)
}

/**
 * @throws AuthError `ERR_SIGN_IN_DEVICE_DISABLED` (404), `ERR_SIGN_IN_FAILED`, `ERR_UPSTREAM_BAD_RESPONSE`, `ERR_UPSTREAM_EDGE_BLOCKED`
 */
export async function processUserCodeResponse(
  provider: Provider,
  response: Response,
  nowMs: number,
): Promise<DeviceCode> {
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

/** The server sends seconds as a string; a number is tolerated, nonsense falls back. Never under a second, or polling would spin. */
function readInterval(json: JsonObject): number {
  const value = json['interval']
  const isBlank = typeof value === 'string' && value.trim() === ''
  const seconds = typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN
  if (!Number.isFinite(seconds) || isBlank) return defaultIntervalMs
  return Math.max(1, seconds) * 1000
}

function readExpiresAt(json: JsonObject, nowMs: number): number {
  const expiresAtMs = Date.parse(readString(json, 'expires_at') ?? '')
  const latestMs = nowMs + codeLifetimeMs
  return expiresAtMs > nowMs && expiresAtMs < latestMs ? expiresAtMs : latestMs
}

/** What a poll found: nothing yet, too many polls, or the approval. */
export type DevicePoll =
  | { readonly state: 'pending' }
  | { readonly state: 'slow-down' }
  | { readonly state: 'approved'; readonly grant: AuthorizationGrant }

/** Asks whether the person has approved (protocol 3.2). */
export function devicePollRequest(provider: Provider, code: DeviceCode, transport: Transport): Promise<Response> {
  const body = { device_auth_id: code.deviceAuthId.reveal(), user_code: code.userCode }
  return postJson(endpointsOf(provider.issuer).deviceToken, body, transport)
}

/**
 * 403 and 404 mean "not yet" (protocol 3.2) unless the body names an end; an error code of RFC 8628 3.5 is taken at its word.
 *
 * @throws AuthError `ERR_SIGN_IN_DENIED`, `ERR_SIGN_IN_EXPIRED`, `ERR_SIGN_IN_FAILED`, `ERR_UPSTREAM_UNAVAILABLE` (poll again),
 *   `ERR_UPSTREAM_BAD_RESPONSE`, `ERR_UPSTREAM_EDGE_BLOCKED`
 */
export async function processDevicePollResponse(provider: Provider, response: Response): Promise<DevicePoll> {
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

const pollStates = new Map<string, 'pending' | 'slow-down'>([
  ['authorization_pending', 'pending'],
  ['slow_down', 'slow-down'],
])

/** The server makes the PKCE pair itself and hands it over with the code (protocol 3.3). */
function parseApproval(provider: Provider, text: string): DevicePoll {
  const json = parseJsonObject(text)
  const code = readString(json, 'authorization_code')
  const verifier = readString(json, 'code_verifier')
  if (!code || !verifier) {
    throw new AuthError('ERR_UPSTREAM_BAD_RESPONSE', 'The approval of the sign-in has the wrong shape.')
  }
  const redirectUri = endpointsOf(provider.issuer).deviceRedirect
  return { state: 'approved', grant: { code: new Secret(code), verifier: new Secret(verifier), redirectUri } }
}

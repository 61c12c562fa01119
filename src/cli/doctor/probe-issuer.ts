import { isAuthError, toNetworkError, trimTrailingSlashes, type AuthError } from '../../core/index.js'
import type { Host } from '../host.js'
import type { Profile } from '../open-profile.js'

/** The issuer's answer to a request that names nobody and spends nothing, or why there is none. */
export type Probe =
  | { readonly failure: AuthError }
  | { readonly status: number; readonly durationMs: number; readonly aheadMs: number | undefined }

const timeoutMs = 5000

/** Asks for the issuer's public metadata (OpenID Connect Discovery 1.0), on the way that all traffic takes. */
export async function probeIssuer({ provider, identity, fetch }: Profile, host: Host): Promise<Probe> {
  const url = `${trimTrailingSlashes(provider.issuer)}/.well-known/openid-configuration`
  const signal = AbortSignal.any([host.interrupted, AbortSignal.timeout(timeoutMs)])
  const startedMs = host.clock.now()
  try {
    const headers = { accept: 'application/json', 'user-agent': identity.userAgent, originator: identity.originator }
    const response = await fetch(url, { headers, redirect: 'manual', signal })
    const durationMs = host.clock.now() - startedMs
    await response.body?.cancel()
    return { status: response.status, durationMs, aheadMs: aheadMs(response, startedMs + durationMs / 2) }
  } catch (error) {
    const failure = toNetworkError(error, url, signal)
    if (isAuthError(failure)) return { failure }
    throw failure
  }
}

/** How far the issuer's clock is ahead of ours (`Date`: RFC 9110 6.6.1). */
function aheadMs({ headers }: Response, atMs: number): number | undefined {
  const serverMs = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(serverMs) ? undefined : serverMs - atMs
}

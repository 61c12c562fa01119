import { toNetworkError } from '../core/index.js'
import type { Transport } from '../core/oauth.js'

/** What reaching the issuer takes: no name of ours is sent, as none is documented (siwc 6.1). */
export type IssuerTransport = Pick<Transport, 'fetch' | 'signal'>

/** How long the issuer is waited for where nothing is spent by asking it again; a sign-out waits as long. */
export const patienceMs = 10_000

/**
 * POSTs a form to the issuer. Redirects are not followed: the body carries secrets.
 *
 * @throws AuthError `ERR_NETWORK_*`
 */
export function postForm(url: string, fields: Record<string, string>, transport: IssuerTransport): Promise<Response> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
  return send(url, { method: 'POST', headers, body: new URLSearchParams(fields).toString() }, transport)
}

/** GETs public metadata of the issuer; what it says is only believed from the issuer itself, so redirects are not followed either. */
export function getJson(url: string, transport: IssuerTransport): Promise<Response> {
  return send(url, { headers: { accept: 'application/json' } }, transport)
}

async function send(url: string, init: RequestInit, { fetch, signal }: IssuerTransport): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'manual', ...(signal && { signal }) })
  } catch (error) {
    throw toNetworkError(error, url, signal)
  }
}

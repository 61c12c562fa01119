import { AuthError, parseJsonObject, readString, readText, type JsonObject } from '../core/index.js'
import { documented } from './documented.js'
import { getJson, patienceMs, type IssuerTransport } from './send.js'

/** Where the issuer is reached for what is not a documented constant. */
export interface IssuerMetadata {
  readonly jwksUri: string
  readonly revocationEndpoint: string
}

/**
 * Discovers the issuer (OpenID Connect Discovery 4). It must name itself exactly, and every endpoint must be on its own origin: nobody else is
 * sent a token or believed a key (siwc 2.5).
 *
 * @throws AuthError `ERR_UPSTREAM_UNAVAILABLE` when it cannot be had, which says nothing of the sign-in; `ERR_UPSTREAM_BAD_RESPONSE` when it is
 *   not to be believed; `ERR_NETWORK_*`
 */
export async function discoverIssuer(issuer: string, transport: IssuerTransport): Promise<IssuerMetadata> {
  const json = await readMetadata(`${issuer}${documented.discoveryPath}`, 'its metadata', transport)
  if (readString(json, 'issuer') !== issuer) throw unbelievable('is of another issuer')
  return {
    jwksUri: pinned(json, 'jwks_uri', issuer),
    revocationEndpoint: pinned(json, 'revocation_endpoint', issuer),
  }
}

/** The issuer's keys (RFC 7517 5). Throws as `discoverIssuer` does. */
export async function readIssuerKeys(issuer: string, transport: IssuerTransport): Promise<JsonObject> {
  const { jwksUri } = await discoverIssuer(issuer, transport)
  const json = await readMetadata(jwksUri, 'its keys', transport)
  if (!Array.isArray(json['keys'])) throw unbelievable('names no keys')
  return json
}

async function readMetadata(url: string, what: string, { fetch, signal }: IssuerTransport): Promise<JsonObject> {
  const patience = AbortSignal.timeout(patienceMs)
  const within = signal ? AbortSignal.any([signal, patience]) : patience
  const response = await getJson(url, { fetch, signal: within })
  const json = parseJsonObject(await readText(response, within))
  if (response.ok && json) return json
  const summary = `The issuer did not give ${what} (status ${response.status}).`
  throw new AuthError('ERR_UPSTREAM_UNAVAILABLE', summary, {
    advice: 'Your sign-in is untouched; try again in a moment.',
  })
}

function pinned(json: JsonObject, member: string, issuer: string): string {
  const url = readString(json, member) ?? ''
  if (URL.canParse(url) && new URL(url).origin === new URL(issuer).origin) return url
  throw unbelievable(`names no \`${member}\` on the issuer’s own origin`)
}

function unbelievable(why: string): AuthError {
  return new AuthError('ERR_UPSTREAM_BAD_RESPONSE', `The metadata of the issuer ${why}.`)
}

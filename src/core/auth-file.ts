import { decodeClaims } from './claims.js'
import {
  derivedFrom,
  type ChatgptCredential,
  type Credential,
  type ForeignCredential,
  type Provenance,
} from './credential.js'
import { AuthError } from './errors.js'
import { parseJsonObject, readObject, readString, type JsonObject } from './json.js'
import { Secret } from './secret.js'
import { parseServiceUrl } from './url.js'

/** Modes that a stored file may name (protocol 4.3), and what each means here. */
const modes: Record<string, Credential['mode']> = {
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

/**
 * Reads the text of an `auth.json` (protocol 4). Members it does not know are kept for the next write.
 *
 * @returns `undefined` when the file holds no credential
 * @throws AuthError `ERR_STORE_CORRUPT`, naming the member that is wrong, never its value
 */
export function parseAuthFile(text: string): Credential | undefined {
  const file = parseJsonObject(text)
  if (!file) throw corrupt('it is not a JSON object')
  const mode = readMode(file)
  const document = new Secret(text)
  if (mode !== 'chatgpt' && mode !== 'siwc') return { mode, document } satisfies ForeignCredential
  const tokens = file['tokens'] ?? undefined
  if (tokens === undefined) return undefined
  const tokensObject = readObject(file, 'tokens')
  if (!tokensObject) throw corrupt('`tokens` is not an object')
  return parseChatgpt(mode, file, tokensObject, document)
}

/** Without `auth_mode`, what is in the file decides, in upstream's order (protocol 4.3). */
function readMode(file: JsonObject): Credential['mode'] {
  const named = file['auth_mode'] ?? undefined
  if (named !== undefined) {
    const mode = typeof named === 'string' && Object.hasOwn(modes, named) ? modes[named] : undefined
    if (!mode) throw corrupt('`auth_mode` is not a mode we know')
    return mode
  }
  if (isPresent(file['personal_access_token'])) return 'personalAccessToken'
  if (isPresent(file['bedrock_api_key']) || isPresent(file['bedrock_access_keys'])) return 'bedrock'
  if (isPresent(file['OPENAI_API_KEY'])) return 'apikey'
  return 'chatgpt'
}

function parseChatgpt(
  mode: ChatgptCredential['mode'],
  file: JsonObject,
  tokens: JsonObject,
  document: Secret,
): ChatgptCredential {
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
    ...(accountId !== undefined && { accountId }),
    ...(loginOwnerId !== undefined && { loginOwnerId }),
    ...(provenance && { provenance }),
    ...(lastRefreshMs !== undefined && { lastRefreshMs }),
    ...derivedFrom(idToken, accessToken, mode),
    document,
  }
}

function parseProvenance(tokens: JsonObject): Provenance | undefined {
  if (!isPresent(tokens['oauth_provenance'])) return undefined
  const provenance = readObject(tokens, 'oauth_provenance')
  const issuer = readString(provenance, 'issuer')
  const clientId = readString(provenance, 'client_id')
  if (issuer === undefined || clientId === undefined) throw corrupt('`tokens.oauth_provenance` is incomplete')
  requireIssuer(issuer)
  return { issuer, clientId }
}

/** The refresh token is sent there, so an address that is not secure is refused here, before anything is (upstream would send it). */
function requireIssuer(issuer: string): void {
  try {
    parseServiceUrl(issuer, 'The issuer')
  } catch {
    throw corrupt('`tokens.oauth_provenance.issuer` is not an https URL')
  }
}

const rfc3339 = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i

/** RFC 3339 with any offset; numbers and words are refused as upstream refuses them (protocol 4.4). */
function parseLastRefresh(file: JsonObject): number | undefined {
  const text = optionalString(file, 'last_refresh')
  if (text === undefined) return undefined
  const milliseconds = rfc3339.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(milliseconds)) throw corrupt('`last_refresh` is not an RFC 3339 time')
  return milliseconds
}

/**
 * The text of an `auth.json` that upstream accepts: two-space JSON, its member order, no newline at the end (protocol 4.1, 4.6). Whatever
 * mode the document had, tokens that are written here are kept alive here.
 */
export function serializeAuthFile(credential: ChatgptCredential): string {
  const document = parseJsonObject(credential.document?.reveal() ?? '{}') ?? {}
  const file: JsonObject = { auth_mode: credential.mode, OPENAI_API_KEY: null, ...document }
  file['auth_mode'] = credential.mode
  file['tokens'] = serializeTokens(credential, readObject(document, 'tokens'))
  if (credential.lastRefreshMs !== undefined) {
    file['last_refresh'] = sameInstant(document['last_refresh'], credential.lastRefreshMs)
  }
  return JSON.stringify(file, undefined, 2)
}

function serializeTokens(credential: ChatgptCredential, stored: JsonObject | undefined): JsonObject {
  const { provenance } = credential
  const storedProvenance = readObject(stored, 'oauth_provenance')
  const known: JsonObject = {
    id_token: credential.idToken.reveal(),
    access_token: credential.accessToken.reveal(),
    refresh_token: credential.refreshToken?.reveal() ?? '',
    ...(provenance && {
      oauth_provenance: { ...storedProvenance, issuer: provenance.issuer, client_id: provenance.clientId },
    }),
    ...(credential.loginOwnerId !== undefined && { login_owner_id: credential.loginOwnerId }),
    account_id: credential.accountId ?? null,
  }
  return { ...known, ...stored, ...known }
}

/** A time we did not change keeps its spelling; upstream writes nanoseconds, which a `Date` cannot hold. */
function sameInstant(stored: JsonObject[string], milliseconds: number): string {
  const isUnchanged = typeof stored === 'string' && Date.parse(stored) === milliseconds
  return isUnchanged ? stored : new Date(milliseconds).toISOString()
}

function isPresent(value: JsonObject[string]): boolean {
  return value !== undefined && value !== null
}

function requireString(tokens: JsonObject, member: string): string {
  const value = readString(tokens, member)
  if (value === undefined) throw corrupt(`\`tokens.${member}\` is missing or not a string`)
  return value
}

function optionalString(object: JsonObject, member: string): string | undefined {
  if (!isPresent(object[member])) return undefined
  const value = readString(object, member)
  if (value === undefined) throw corrupt(`\`${member}\` is not a string`)
  return value
}

function corrupt(why: string): AuthError {
  return new AuthError('ERR_STORE_CORRUPT', `The stored credential cannot be read: ${why}.`)
}

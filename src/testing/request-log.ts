import { createHash } from 'node:crypto'
import type { Clock } from '../core/index.js'
import type { RequestNote } from './context.js'
import type { EndpointName } from './endpoints.js'

/** A request as the log keeps it. What is not known to be harmless is `sha256:` and ten hex digits, names that look like none included. */
export interface RequestLogEntry {
  readonly id: number
  readonly atMs: number
  readonly endpoint: EndpointName
  /** `FRAME` for what came over a websocket. */
  readonly method: string
  readonly origin: string
  readonly path: string
  readonly queryKeys: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  /** The body's members; nested arrays by their length alone. `undefined` when there was none. */
  readonly body: unknown
  /** `undefined` while it is being answered, and when the connection was dropped. */
  readonly status: number | undefined
  readonly grantType: string | undefined
  /** What became of it, e.g. `refresh:ok`, `refresh:reused`, `device:pending`, `dropped`. */
  readonly outcome: string | undefined
  readonly refreshReason: string | undefined
}

/** How often each endpoint was asked, and what became of the refreshes. */
export interface RequestCounters {
  readonly requests: Readonly<Record<EndpointName, number>>
  readonly refresh: Readonly<Record<RefreshOutcome, number>>
}

export const refreshOutcomes = ['ok', 'reused', 'expired', 'revoked', 'unknown'] as const
/** What can become of a refresh. */
export type RefreshOutcome = (typeof refreshOutcomes)[number]

/** A request on its way through the frame. */
export interface OpenLogEntry {
  readonly note: RequestNote
  close(status: number | undefined): void
}

export interface RequestLog {
  readonly entries: readonly RequestLogEntry[]
  readonly counters: RequestCounters
  open(endpoint: EndpointName, request: Request, body: Uint8Array | undefined): OpenLogEntry
  /** Empties the log and starts the counters at zero. */
  clear(): void
}

export function createRequestLog(clock: Clock, limit: number): RequestLog {
  let entries: RequestLogEntry[] = []
  let requests = { ...noRequests }
  let refresh = { ...noRefreshes }
  let lastId = 0

  return {
    get entries() {
      return entries
    },
    get counters() {
      return { requests, refresh }
    },
    clear() {
      entries = []
      requests = { ...noRequests }
      refresh = { ...noRefreshes }
    },
    open(endpoint, request, body) {
      const note: RequestNote = {}
      const entry = { ...describeRequest(request, body), id: ++lastId, atMs: clock.now(), endpoint, ...blank }
      requests[endpoint] += 1
      entries.push(entry)
      if (entries.length > limit) entries.shift()
      return {
        note,
        close(status) {
          Object.assign(entry, { status, ...note })
          const outcome = refreshOutcomes.find((name) => note.outcome === `refresh:${name}`)
          if (outcome !== undefined) refresh[outcome] += 1
        },
      }
    },
  }
}

const blank = { status: undefined, grantType: undefined, outcome: undefined, refreshReason: undefined }

const noRequests: Readonly<Record<EndpointName, number>> = {
  discovery: 0,
  jwks: 0,
  authorize: 0,
  token: 0,
  revoke: 0,
  'device-user-code': 0,
  'device-token': 0,
  'device-page': 0,
  whoami: 0,
  'accounts-check': 0,
  'config-bundle': 0,
  models: 0,
  usage: 0,
  responses: 0,
  other: 0,
}
const noRefreshes: Readonly<Record<RefreshOutcome, number>> = { ok: 0, reused: 0, expired: 0, revoked: 0, unknown: 0 }

function describeRequest(request: Request, body: Uint8Array | undefined) {
  const url = new URL(request.url)
  return {
    method: request.method,
    origin: url.origin,
    path: url.pathname,
    queryKeys: [...url.searchParams.keys()].map(describeName),
    headers: Object.fromEntries([...request.headers].map(([name, value]) => [name, describeHeader(name, value)])),
    body: describeBody(request.headers, body),
  }
}

/** An allow-list, so that a secret in a place nobody thought of is hashed too. */
const clearHeaders = new Set([
  'accept',
  'accept-encoding',
  'chatgpt-account-id',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'if-none-match',
  'openai-beta',
  'originator',
  'upgrade',
  'user-agent',
  'version',
  'x-openai-fedramp',
])

const clearMembers = new Set([
  'account',
  'client_id',
  'decision',
  'grant_type',
  'model',
  'redirect_uri',
  'refresh_reason',
  'requested_token',
  'scope',
  'subject_token_type',
  'token_type_hint',
  'tool_choice',
])

function describeHeader(name: string, value: string): string {
  if (clearHeaders.has(name)) return value
  return value.startsWith('Bearer ') ? `Bearer ${fingerprint(value.slice('Bearer '.length))}` : fingerprint(value)
}

function describeBody(headers: Headers, body: Uint8Array | undefined): unknown {
  if (body === undefined || body.byteLength === 0) return undefined
  const contentType = headers.get('content-type') ?? ''
  if (headers.has('content-encoding')) return { encoded: headers.get('content-encoding'), bytes: body.byteLength }
  const text = new TextDecoder().decode(body)
  if (contentType.startsWith('application/x-www-form-urlencoded'))
    return shape('', Object.fromEntries(new URLSearchParams(text)))
  try {
    return shape('', JSON.parse(text))
  } catch {
    return { unreadable: fingerprint(text), bytes: body.byteLength }
  }
}

function shape(name: string, value: unknown): unknown {
  if (typeof value === 'string') return clearMembers.has(name) ? value : fingerprint(value)
  if (Array.isArray(value)) return `array(${value.length})`
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [describeName(key), shape(key, member)]))
}

/** `curl -d` sends JSON as a form, whose one name is the whole body; nor does a code or a token that stands alone look like a name. */
function describeName(name: string): string {
  return /^[a-z][a-zA-Z_-]{0,39}$/.test(name) ? name : fingerprint(name)
}

/** Enough of a hash to tell two secrets apart, and nothing to guess one from. */
function fingerprint(secret: string): string {
  return `sha256:${createHash('sha256').update(secret).digest('hex').slice(0, 10)}`
}

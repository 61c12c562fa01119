import { request as httpRequest } from 'node:http'
import {
  AuthError,
  errorTable,
  fingerprint,
  parseJsonObject,
  parseServiceUrl,
  platformFetch,
  readObject,
  readString,
  readText,
  systemClock,
  toNetworkError,
  toOneSafeLine,
} from '../core/index.js'
import { sourceFailure } from '../core/external.js'
import type { Clock, ErrorCode, Fetch, Secret } from '../core/index.js'
import type { ExternalAuth } from '../core/external.js'
import { parseAccessDocument } from './access-document.js'
import { brokerPath } from './broker.js'
import { createCachedSource } from './cached-source.js'

/** Where a broker is, and how it is asked. */
export interface BrokerSourceOptions {
  /** Of `listenBroker`, or of a broker of your own: `unix:/path`, an https URL, or http on loopback. It answers GET as `exportAccessOnly` writes. */
  readonly address: string
  /** Sent as the bearer. */
  readonly key?: Secret
  /** Default: the platform's own. Not used for a socket file. */
  readonly fetch?: Fetch
  /** When an answer is given up; default 10000, as long as a refresh on the other side may take. */
  readonly timeoutMs?: number
  /** After how long the broker is asked again, though the token is still good; default 300000. */
  readonly refreshIntervalMs?: number
  readonly clock?: Clock
}

/**
 * A broker that keeps the sign-in and gives out access tokens. What is wrong on its side keeps its code here.
 *
 * @throws AuthError `ERR_CONFIG_URL` at once; `ERR_TOKEN_SOURCE_FAILED`, `ERR_NETWORK_*`, and the broker's own codes when it is asked
 */
export function fromBroker(options: BrokerSourceOptions): Required<ExternalAuth> {
  const { key, timeoutMs = 10_000, refreshIntervalMs = 300_000, clock = systemClock } = options
  const { url, fetch } = toEndpoint(options)
  const headers: Record<string, string> = key ? { authorization: `Bearer ${key.reveal()}` } : {}

  async function ask(rejected: Secret | undefined) {
    const query = rejected ? `?rejected=${await fingerprint(rejected)}` : ''
    const response = await send(fetch, `${url}${query}`, {
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const text = await readText(response)
    if (!response.ok) throw toBrokerError(response.status, text)
    return parseAccessDocument(text)
  }

  return createCachedSource({ ask, refreshIntervalMs, clock })
}

function toEndpoint({ address, fetch }: BrokerSourceOptions): { url: string; fetch: Fetch } {
  if (address.startsWith('unix:')) {
    return { url: `http://localhost${brokerPath}`, fetch: createSocketFetch(address.slice('unix:'.length)) }
  }
  const { href } = parseServiceUrl(address, 'The address of the broker')
  return { url: href, fetch: fetch ?? platformFetch }
}

async function send(fetch: Fetch, url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (error) {
    throw toNetworkError(error, url)
  }
}

/** GET over a socket file, which the platform's fetch cannot do. */
function createSocketFetch(socketPath: string): Fetch {
  return (input, init) =>
    new Promise((resolve, reject) => {
      const headers = Object.fromEntries(new Headers(init?.headers))
      const request = httpRequest(input instanceof Request ? input.url : input, {
        socketPath,
        headers,
        agent: false,
        ...(init?.signal && { signal: init.signal }),
      })
      const fail = (error: unknown) => reject(init?.signal?.aborted === true ? init.signal.reason : error)
      request.once('error', fail).once('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', fail)
        response.once('end', () => resolve(new Response(Buffer.concat(chunks), { status: response.statusCode ?? 500 })))
      })
      request.end()
    })
}

function toBrokerError(status: number, text: string): AuthError {
  const error = readObject(parseJsonObject(text), 'error')
  const code = readString(error, 'code')
  const message = toOneSafeLine(readString(error, 'message') ?? '')
  if (code !== undefined && isErrorCode(code)) return new AuthError(code, `The broker says: ${message}`)
  return sourceFailure(`The broker refused (status ${status}${message && `: ${message}`}).`)
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code)
}

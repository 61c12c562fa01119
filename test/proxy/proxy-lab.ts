import { createOpenAIOAuthProxy, type OpenAIOAuthProxyOptions } from '../../src/proxy/index.js'
import { planLab, urlOf } from '../support/plan-lab.js'

export const home = 'https://app.example'
export const routes = ['responses', 'models', 'usage'] as const
export type Route = (typeof routes)[number]

/** What went out of a proxy. */
export interface Sent {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly body: unknown
}

export interface ProxyLabOptions extends OpenAIOAuthProxyOptions {
  /** Answers in the place of the emulator. */
  readonly upstream?: (sent: Sent) => Response | Promise<Response>
}

/** A proxy in front of the emulator, and everything that it sends. */
export async function proxyLab({ upstream, ...options }: ProxyLabOptions = {}) {
  const lab = await planLab()
  const sent: Sent[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const { method = 'GET', headers, body } = init ?? {}
    const one = { url: urlOf(input), method, headers: new Headers(headers), body }
    sent.push(one)
    return upstream ? upstream(one) : lab.emulator.fetch(input, init)
  }
  const { baseURL, clock } = lab.place
  const proxy = createOpenAIOAuthProxy({ baseURL, clock, fetch, ...options })
  const credentials: Record<string, string> = {
    authorization: `Bearer ${lab.tokens.accessToken}`,
    'chatgpt-account-id': lab.tokens.accountId ?? '',
  }
  /** A request as a page of ours makes it, with members replaced; a header of `undefined` is left out. */
  const request = (route: Route, change: RequestChange = {}) => {
    const { url = `${home}/api/proxy/openai/codex/${route}`, headers = {}, ...init } = change
    const method = init.method ?? methodOf(route)
    const merged = { ...credentials, ...(method === 'POST' && { 'content-type': 'application/json' }), ...headers }
    const given = Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined)
    const body = method === 'POST' ? { body: init.body ?? JSON.stringify(question) } : {}
    return new Request(url, { duplex: 'half', ...init, ...body, method, headers: given })
  }
  const ask = (route: Route, change?: RequestChange) => proxy[route](request(route, change))
  return { ...lab, proxy, sent, request, ask }
}

export interface RequestChange extends Omit<RequestInit, 'headers'> {
  readonly url?: string
  readonly headers?: Readonly<Record<string, string | undefined>>
}

export const question = { model: 'gpt-6.1-sol', input: 'Hello', stream: true }

export function methodOf(route: Route): 'GET' | 'POST' {
  return route === 'responses' ? 'POST' : 'GET'
}

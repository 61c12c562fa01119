import { csrfHeader, type ConsoleOptions, type ConsoleState } from '../../src/gateway/index.js'
import { inProcess, origin, type GatewayLabOptions, type InProcessGateway } from './gateway-lab.js'

export interface ConsoleLab extends InProcessGateway {
  readonly cookie: string
  readonly csrf: string
  /** Asks as the page does. */
  readonly get: (path: string) => Promise<Response>
  readonly post: (path: string, order?: object, headers?: Record<string, string>, method?: string) => Promise<Response>
}

const page: ConsoleOptions = {
  files: new Map([['/', { type: 'text/html; charset=utf-8', body: '<!doctype html><title>planpass</title>' }]]),
}

/** A gateway whose console is open in a browser. */
export async function openConsole(
  options: Omit<GatewayLabOptions, 'console'> & { readonly console?: Partial<ConsoleOptions> } = {},
): Promise<ConsoleLab> {
  const lab = await inProcess({ ...options, console: { ...page, ...options.console } })
  const cookie = await enter(lab)
  const browser = { authorization: '', cookie, origin, 'sec-fetch-site': 'same-origin' }
  const get = (path: string) => lab.ask(path, { headers: browser })
  const { csrf } = (await (await get('/api/state')).json()) as ConsoleState
  const post: ConsoleLab['post'] = (path, order = {}, headers = {}, method = 'POST') =>
    lab.ask(path, {
      method,
      headers: { ...browser, 'content-type': 'application/json', [csrfHeader]: csrf, ...headers },
      body: JSON.stringify(order),
    })
  return { ...lab, cookie, csrf, get, post }
}

/** Follows the link of the terminal. @returns the cookie, as a browser sends it */
async function enter({ gateway, ask }: Pick<InProcessGateway, 'gateway' | 'ask'>): Promise<string> {
  const answer = await redeem(ask, new URL(gateway.createConsoleLink() ?? '').hash.slice(1))
  return answer.headers.get('set-cookie')?.split(';')[0] ?? ''
}

export function redeem(ask: InProcessGateway['ask'], ticket: string): Promise<Response> {
  const headers = { authorization: '', 'content-type': 'application/json', origin }
  return ask('/api/enter', { method: 'POST', headers, body: JSON.stringify({ ticket }) })
}

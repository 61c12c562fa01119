import type { Fetch } from '../core/index.js'
import type { NetworkEnvironment, Wire, WireAnswer, WireExchange, WireRequest } from '../network/index.js'
import { believesAnyCertificate } from './process-environment.js'

/** The transport of `createTransport`, made when something is first fetched: who never connects does not load what it takes to connect. */
export function createLazyTransport(environment: NetworkEnvironment): Fetch {
  let transport: Promise<Fetch> | undefined
  const connect = async () => (await import('../network/index.js')).createTransport(whatIsTrusted(environment))
  return async (input, init) => {
    transport ??= connect()
    return (await transport)(input, init)
  }
}

/** The wire of `createWire`, made when something is first sent. */
export function createLazyWire(environment: NetworkEnvironment): Wire {
  let opening: Promise<void> | undefined
  let wire: Wire | undefined

  async function open(): Promise<void> {
    wire = await (await import('../network/index.js')).createWire(whatIsTrusted(environment))
  }

  return (request) => {
    if (wire) return wire(request)
    opening ??= open()
    return sendLater(request, opening, () => wire)
  }
}

function sendLater(request: WireRequest, opening: Promise<void>, getWire: () => Wire | undefined): WireExchange {
  let exchange: WireExchange | undefined
  let isCancelled = false

  async function send(): Promise<WireAnswer> {
    await opening
    exchange = getWire()?.(request)
    if (isCancelled) exchange?.cancel()
    if (!exchange) throw new TypeError('There is no wire.')
    return exchange.answer
  }

  return {
    answer: send(),
    cancel() {
      isCancelled = true
      exchange?.cancel()
    },
  }
}

function whatIsTrusted(environment: NetworkEnvironment): NetworkEnvironment {
  return believesAnyCertificate() ? { ...environment, NODE_TLS_REJECT_UNAUTHORIZED: '0' } : environment
}

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
  let opening: Promise<Wire> | undefined
  let wire: Wire | undefined

  async function open(): Promise<Wire> {
    try {
      wire = await (await import('../network/index.js')).createWire(whatIsTrusted(environment))
      return wire
    } finally {
      // What failed may work the next time.
      opening = undefined
    }
  }

  return (request) => wire?.(request) ?? sendOn((opening ??= open()), request)
}

/** Over a wire that is being made. */
function sendOn(opening: Promise<Wire>, request: WireRequest): WireExchange {
  const abandoned = new AbortController()
  let exchange: WireExchange | undefined

  async function send(): Promise<WireAnswer> {
    const wire = await opening
    abandoned.signal.throwIfAborted()
    exchange = wire(request)
    return exchange.answer
  }

  return {
    answer: send(),
    cancel() {
      abandoned.abort()
      exchange?.cancel()
    },
  }
}

function whatIsTrusted(environment: NetworkEnvironment): NetworkEnvironment {
  return believesAnyCertificate() ? { ...environment, NODE_TLS_REJECT_UNAUTHORIZED: '0' } : environment
}

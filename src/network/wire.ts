import type { Dispatcher } from 'undici'
import { readExtraAuthorities } from './certificate-authorities.js'
import { createOutlet, type ByteReceiver, type ByteSource } from './byte-source.js'
import { chosenProxy } from './chosen-proxy.js'
import type { NetworkEnvironment } from './environment.js'
import { describeRoute } from './route.js'
import { toRoutedError } from './routed-error.js'

/** A `POST` that is ready to be sent, signature and all. */
export interface WireRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** An answer that has begun, whatever its status. */
export interface WireAnswer {
  readonly status: number
  readonly headers: IncomingHeaders
  readonly body: ByteSource
}

/** By their names in lower case; some come more than once. */
export type IncomingHeaders = Readonly<Record<string, string | string[] | undefined>>

/** A request that is on its way. */
export interface WireExchange {
  /** @throws AuthError `ERR_NETWORK_*`, which tells the way that was taken; an `AbortError` when it was cancelled before */
  readonly answer: Promise<WireAnswer>
  /** Nobody wants the answer any more, or the rest of it. */
  cancel(): void
}

/**
 * Sends a request as it is and hands back the bytes of its answer as they come: for a server that passes them on. It follows no redirect, adds no
 * header, and knows no time-out; its way is that of `createTransport`.
 */
export type Wire = (request: WireRequest) => WireExchange

/**
 * A wire by the proxies and with the certificate authorities that the environment names, which is read once.
 *
 * @throws AuthError `ERR_CONFIG_CA_BUNDLE`, `ERR_CONFIG_PROXY`, before any connection
 */
export async function createWire(environment: NetworkEnvironment): Promise<Wire> {
  const variables = { ...environment }
  const authorities = (await readExtraAuthorities(variables)) ?? []
  chosenProxy(variables, 'https:')
  const { createDispatcher } = await import('./dispatcher.js')
  const dispatcher = createDispatcher(variables, authorities)
  const toError = (url: string) => (error: Error) =>
    toRoutedError(new TypeError('fetch failed', { cause: error }), url, describeRoute(variables, url), undefined)
  return ({ url, headers, body }) => {
    const { origin, pathname, search } = new URL(url)
    const exchange = new Exchange(toError(url))
    const request = { origin, path: pathname + search, method: 'POST', headers, body, ...noTimeouts }
    dispatcher.dispatch(request, exchange)
    return exchange
  }
}

/** Chunks that are held until somebody has started to take them. */
const mostEarly = 8

/** Whoever passes bytes on knows better how long is too long. */
const noTimeouts = { headersTimeout: 0, bodyTimeout: 0 }

/** One request and its answer, as undici tells of them. */
class Exchange implements Dispatcher.DispatchHandler, WireExchange, ByteSource {
  readonly answer: Promise<WireAnswer>
  readonly #toError: (error: Error) => unknown
  readonly #outlet = createOutlet()
  #controller: Dispatcher.DispatchController | undefined
  #resolve: (answer: WireAnswer) => void = () => {}
  #reject: (error: unknown) => void = () => {}
  #hasBegun = false
  #isPaused = false
  #isCancelled = false
  #isOver = false

  constructor(toError: (error: Error) => unknown) {
    this.#toError = toError
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isCancelled) this.cancel()
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHeaders): void {
    if (status < 200) return
    this.#hasBegun = true
    if (this.#isPaused) controller.pause()
    this.#resolve({ status, headers, body: this })
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#outlet.bytes(chunk)
    if (this.#outlet.held >= mostEarly) controller.pause()
  }

  onResponseEnd(): void {
    this.#isOver = true
    this.#outlet.end()
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#isOver = true
    if (this.#isCancelled) return
    if (this.#hasBegun) this.#outlet.fail(error)
    else this.#reject(this.#toError(error))
  }

  start(receiver: ByteReceiver): void {
    this.#outlet.start(receiver)
    if (!this.#isPaused && this.#controller?.paused) this.#controller.resume()
  }

  pause(): void {
    this.#isPaused = true
    this.#controller?.pause()
  }

  resume(): void {
    this.#isPaused = false
    if (!this.#isOver) this.#controller?.resume()
  }

  cancel(): void {
    this.#isCancelled = true
    this.#reject(new DOMException('The answer is not wanted any more.', 'AbortError'))
    this.#outlet.close()
    if (!this.#isOver) this.#controller?.abort(new Error('The answer is not wanted any more.'))
  }
}

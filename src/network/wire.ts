import type { Dispatcher } from 'undici'
import { readExtraAuthorities } from './certificate-authorities.js'
import { ByteOutlet, type ByteReceiver, type ByteSource } from './byte-source.js'
import { chosenProxy } from './chosen-proxy.js'
import type { NetworkEnvironment } from './environment.js'
import { describeRoute } from './route.js'
import { toRoutedError } from './routed-error.js'

/** A `POST` that is ready to be sent, signature and all. */
export interface WireRequest {
  readonly url: string
  /** Names and values in turn; not to be changed afterwards. */
  readonly headers: string[]
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
  const toError = (url: string, error: Error) =>
    toRoutedError(new TypeError('fetch failed', { cause: error }), url, describeRoute(variables, url), undefined)
  let target = toTarget('https://localhost/')
  return ({ url, headers, body }) => {
    // Most requests go where the last one went, and to read a URL takes longer than to compare it.
    if (url !== target.url) target = toTarget(url)
    const { origin, path } = target
    const exchange = new Exchange(url, toError)
    // Whoever passes bytes on knows better how long is too long.
    const timeouts = { headersTimeout: 0, bodyTimeout: 0 }
    dispatcher.dispatch({ origin, path, method: 'POST', headers, body, ...timeouts }, exchange)
    return exchange
  }
}

/** A URL as undici takes it. */
function toTarget(url: string) {
  const { origin, pathname, search } = new URL(url)
  return { url, origin, path: pathname + search }
}

/** Chunks that are held until somebody has started to take them. */
const mostEarly = 8

/** One request and its answer, as undici tells of them. */
class Exchange implements Dispatcher.DispatchHandler, WireExchange, ByteSource {
  readonly answer: Promise<WireAnswer>
  readonly #url: string
  readonly #toError: (url: string, error: Error) => unknown
  readonly #outlet = new ByteOutlet()
  #controller: Dispatcher.DispatchController | undefined
  #resolve: (answer: WireAnswer) => void = () => {}
  #reject: (error: unknown) => void = () => {}
  #hasBegun = false
  #isPaused = false
  #isCancelled = false
  #isOver = false

  constructor(url: string, toError: (url: string, error: Error) => unknown) {
    this.#url = url
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
    else this.#reject(this.#toError(this.#url, error))
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
    if (this.#isOver) return this.#outlet.close()
    this.#isCancelled = true
    const reason = new DOMException('The answer is not wanted any more.', 'AbortError')
    this.#reject(reason)
    this.#outlet.close()
    this.#controller?.abort(reason)
  }
}

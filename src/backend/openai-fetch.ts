import { isAuthError, readString, toOneSafeLine, type Fetch, type JsonObject } from '../core/index.js'
import type { BackendSession } from './backend-request.js'
import { toChatCompletion, toChatCompletionChunks } from './chat-answer.js'
import { toResponsesRequest } from './chat-request.js'
import { collectResponse } from './collect.js'
import { encodeChatStream, encodeEventStream } from './encode-event-stream.js'
import type { ModelOptions } from './models.js'
import { errorAnswer, toErrorAnswer } from './openai-envelope.js'
import { toPublicEvents } from './openai-events.js'
import { createExchange, type ExchangeOptions } from './openai-exchange.js'
import { findModel, listModels } from './openai-models.js'
import { readRequestBody } from './request-json.js'
import type { ResponseEvent } from './response-events.js'

/** How a client of the public API is served. */
export interface OpenAIFetchOptions extends ExchangeOptions {
  /** How the models are read. */
  readonly models?: Omit<ModelOptions, 'signal'> | undefined
}

/** Answers a request that its path and method led to; the path may name a model. */
type Handler = (request: Request, pathModel: string) => Promise<Response>

interface Route {
  readonly method: string
  readonly path: RegExp
  readonly handle: Handler
}

/**
 * A `fetch` for clients of OpenAI's public API, whatever their base URL: `POST /responses`, `POST /chat/completions`, `GET /models` and
 * `GET /models/{id}` are answered by the ChatGPT backend, in the shape the public API would answer in. Nothing else is reachable through it, and
 * neither a key nor a cookie of the client's goes any further.
 *
 * What the backend does not take is left out and listed in the header `x-planpass-dropped`; see `normaliseRequest`. Failures are answered as the
 * public API does, with our own code in `x-planpass-code`; only an abort rejects. An answer that breaks off fails the stream, or is an error
 * where no stream was asked for: half an answer is never shown as a whole one.
 *
 * @example
 *   const client = new OpenAI({ apiKey: 'unused', fetch: createOpenAIFetch(session) })
 */
export function createOpenAIFetch(session: BackendSession, options: OpenAIFetchOptions = {}): Fetch {
  const routes = createRoutes(session, options)
  // A signal follows the caller's only as long as its request is there, and that may be collected while its answer is read (Node 20).
  const requests = new WeakMap<AbortSignal, readonly unknown[]>()
  return async (input, init) => {
    const request = new Request(input, init)
    requests.set(request.signal, [request, input])
    try {
      return await answer(request, routes)
    } catch (error) {
      request.signal.throwIfAborted()
      if (isAuthError(error)) return toErrorAnswer(error)
      throw error
    }
  }
}

function createRoutes(session: BackendSession, options: OpenAIFetchOptions): readonly Route[] {
  const exchange = createExchange(session, options)
  const modelOptions = ({ signal }: Request) => ({ clock: options.clock, ...options.models, signal })

  async function answerResponses(request: Request): Promise<Response> {
    const given = readRequestBody(await request.text())
    const { events, headers } = await exchange(given, request)
    if (given['stream'] === true) return streamAnswer(encodeEventStream(await begin(events, toPublicEvents)), headers)
    return Response.json(await collectResponse(events), { headers })
  }

  async function answerChat(request: Request): Promise<Response> {
    const chat = toResponsesRequest(await request.text())
    const { events, headers } = await exchange(chat.body, request, chat.report.dropped)
    const chatOptions = { model: readString(chat.body, 'model'), includeUsage: chat.includesUsage }
    if (chat.body['stream'] === true) {
      const toChunks = (given: typeof events) => toChatCompletionChunks(given, chatOptions)
      return streamAnswer(encodeChatStream(await begin(events, toChunks)), headers)
    }
    return Response.json(toChatCompletion(await collectResponse(events), chatOptions), { headers })
  }

  return [
    { method: 'POST', path: /\/responses\/?$/, handle: answerResponses },
    { method: 'POST', path: /\/chat\/completions\/?$/, handle: answerChat },
    {
      method: 'GET',
      path: /\/models\/?$/,
      handle: async (request) => jsonAnswer(await listModels(session, modelOptions(request))),
    },
    {
      method: 'GET',
      path: /\/models\/([^/]+)$/,
      handle: async (request, pathModel) => jsonAnswer(await findModel(session, pathModel, modelOptions(request))),
    },
  ]
}

async function answer(request: Request, routes: readonly Route[]): Promise<Response> {
  const { pathname } = new URL(request.url)
  const route = routes.find(({ path }) => path.test(pathname))
  if (!route) return refuse(404, `There is no ${toOneSafeLine(pathname)} for a ChatGPT plan.`, 'unknown_url')
  if (route.method !== request.method) {
    return refuse(405, `${toOneSafeLine(pathname)} takes ${route.method} only.`, 'method_not_allowed', {
      allow: route.method,
    })
  }
  return route.handle(request, route.path.exec(pathname)?.[1] ?? '')
}

function refuse(status: number, message: string, code: string, headers: Record<string, string> = {}): Response {
  const words = { message, type: 'invalid_request_error', code, param: null }
  return errorAnswer(status, words, { 'x-should-retry': 'false', ...headers })
}

function jsonAnswer(body: JsonObject): Response {
  return Response.json(body, { headers: { 'cache-control': 'no-store' } })
}

function streamAnswer(body: ReadableStream<Uint8Array>, headers: Record<string, string>): Response {
  return new Response(body, { headers: { ...headers, 'content-type': 'text/event-stream; charset=utf-8' } })
}

/**
 * The events as `translate` tells them, once the first of them is there: until then, a failure can still be answered as an error. A reader who
 * leaves ends the events themselves, since a generator that waits for one would notice only when it comes.
 */
async function begin<Item>(
  events: AsyncGenerator<ResponseEvent, void, undefined>,
  translate: (events: AsyncGenerator<ResponseEvent, void, undefined>) => AsyncGenerator<Item, void, undefined>,
): Promise<AsyncIterableIterator<Item>> {
  const items = translate(events)
  let first: IteratorResult<Item, void> | undefined = await items.next()
  const begun: AsyncIterableIterator<Item> = {
    async next() {
      const held = first
      first = undefined
      return held ?? items.next()
    },
    return: () => events.return().then(() => ({ done: true, value: undefined })),
    [Symbol.asyncIterator]: () => begun,
  }
  return begun
}

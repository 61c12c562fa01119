import { Hono } from 'hono'
import {
  isJsonObject,
  parseJsonObject,
  readString,
  type Clock,
  type ErrorCode,
  type JsonObject,
} from '../core/index.js'
import type { Admission } from './admission.js'
import { watchAnswer, type AnswerWatch } from './answer-body.js'
import { createEventRelay } from './event-relay.js'
import type { Authenticate, Client } from './authenticate.js'
import type { Metrics } from './metrics.js'
import type { ProfileShelf } from './profile-shelf.js'
import { readBody } from './read-body.js'
import { Refusal, toFailureAnswer } from './refusal.js'
import type { RequestLog } from './request-log.js'
import type { StallGuard } from './stall-guard.js'
import type { AnswerTokens } from './token-counts.js'
import type { TokenLedger } from './token-ledger.js'

/** What serving OpenAI's API takes. */
export interface OpenAIRouteParts {
  readonly authenticate: Authenticate
  readonly admission: Admission
  readonly shelf: ProfileShelf
  readonly log: RequestLog
  readonly ledger: TokenLedger
  readonly metrics: Metrics
  readonly stalls: StallGuard
  readonly clock: Clock
  readonly maximumBodyBytes: number
}

/** `/v1`: what a plan can answer, and a plain word about the rest. */
export function createOpenAIRoutes(parts: OpenAIRouteParts): Hono {
  const { authenticate, shelf } = parts
  const serve = (path: string) => async (request: Request) => serveAnswer(parts, path, request)
  const responses = serve('/v1/responses')
  const chat = serve('/v1/chat/completions')

  /** Reading the models refreshes nothing by itself, but whoever asks here is about to use the plan, and cannot run `planpass refresh`. */
  async function readCatalogue({ url, signal }: Request): Promise<Response> {
    await shelf.get(shelf.currentName).session.credential({ signal })
    return shelf.fetch(url, { signal })
  }

  return new Hono()
    .post('/responses', (context) => responses(context.req.raw))
    .post('/chat/completions', (context) => chat(context.req.raw))
    .get('/models', async ({ req: { raw } }) => {
      const client = await authenticate(raw)
      return onlyAllowed(await readCatalogue(raw), client)
    })
    .get('/models/:id', async ({ req }) => {
      requireModel(await authenticate(req.raw), req.param('id'))
      return readCatalogue(req.raw)
    })
    .all('/images/*', async (context) => {
      await authenticate(context.req.raw)
      throw new Refusal(404, 'unknown_url', 'The backend that answers for a ChatGPT plan has no images API.')
    })
    .all('*', async (context) => {
      await authenticate(context.req.raw)
      const hasPath = ['/v1/responses', '/v1/chat/completions', '/v1/models'].includes(context.req.path)
      if (hasPath) throw new Refusal(405, 'method_not_allowed', `${context.req.path} does not take this method.`)
      throw new Refusal(404, 'unknown_url', 'There is no such path for a ChatGPT plan.')
    })
}

/** Its person has signed in as somebody else: that is told once, and then taken for meant. A session never goes on as another by itself. */
const accountMismatch: ErrorCode = 'ERR_TOKEN_ACCOUNT_MISMATCH'

/** A question for an answer: let in, asked, and watched until the last byte of its answer. */
async function serveAnswer(parts: OpenAIRouteParts, path: string, request: Request): Promise<Response> {
  const { authenticate, admission, log, stalls, metrics, shelf } = parts
  const client = await authenticate(request)
  requireBudget(client, parts)
  const record = log.begin({ client: client.name, method: 'POST', path })
  let leave: (() => void) | undefined
  const onEnd = () => {
    leave?.()
    metrics.count(record.entry)
  }
  try {
    leave = await admission.enter(client.name, request.signal)
    record.note({ waitedMs: record.ageMs() })
    const watch = { record, stalls, onEnd, relay: path === '/v1/responses' ? createEventRelay() : undefined }
    const answer = await ask(parts, client, request, watch)
    if (answer.headers.get('x-planpass-code') === accountMismatch) shelf.reopen(shelf.currentName)
    return await watchAnswer(answer, watch)
  } catch (error) {
    const answer = toFailureAnswer(error)
    record.note({ status: answer.status })
    record.end(request.signal.aborted ? 'cancelled' : 'failed', codeOf(error))
    onEnd()
    return answer
  }
}

async function ask(
  parts: OpenAIRouteParts,
  client: Client,
  request: Request,
  { record, relay }: Pick<AnswerWatch, 'record' | 'relay'>,
): Promise<Response> {
  const { shelf, ledger, maximumBodyBytes } = parts
  const text = await readBody(request, maximumBodyBytes)
  const given = parseJsonObject(text)
  const model = readString(given, 'model') ?? null
  record.note({ model, isStream: given?.['stream'] === true })
  requireModel(client, model)
  const { url, headers, signal } = request
  const onUsage = (tokens: AnswerTokens) => {
    record.note({ tokens })
    ledger.add(client.name, model ?? 'unknown', tokens)
  }
  // Where the answer is put together here, every event is read.
  const tap = { onUsage, relay: record.entry.isStream ? relay : undefined }
  return shelf.fetch(url, { method: 'POST', headers, body: text, signal }, tap)
}

function requireModel({ models }: Client, model: string | null): void {
  if (!models || (model !== null && models.includes(model))) return
  throw new Refusal(404, 'model_not_found', 'This key may not use that model.')
}

const dayMs = 24 * 60 * 60 * 1000

function requireBudget({ name, dailyTokens }: Client, { ledger, clock }: OpenAIRouteParts): void {
  if (dailyTokens === undefined || ledger.usedToday(name) < dailyTokens) return
  const untilMidnight = Math.ceil((dayMs - (clock.now() % dayMs)) / 1000)
  throw new Refusal(429, 'daily_budget_spent', `This key has used its ${dailyTokens} tokens of today.`, {
    'retry-after': String(untilMidnight),
  })
}

async function onlyAllowed(response: Response, { models }: Client): Promise<Response> {
  if (!models || !response.ok) return response
  const list: unknown = await response.json()
  const data = isJsonObject(list) && Array.isArray(list['data']) ? list['data'].filter(isJsonObject) : []
  const isAllowed = (model: JsonObject) => models.includes(readString(model, 'id') ?? '')
  return Response.json({ object: 'list', data: data.filter(isAllowed) }, { headers: { 'cache-control': 'no-store' } })
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? code : 'gateway_failed'
}

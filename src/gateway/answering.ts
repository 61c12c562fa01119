import { longestSilenceMs, timedOut } from '../backend/index.js'
import { readOpenAIQuestion, readRequestBody, type OpenAIQuestion } from '../backend/serving.js'
import { parseJsonObject, readString, type Clock, type ErrorCode, type JsonObject } from '../core/index.js'
import type { Admission } from './admission.js'
import { openAnswer, type AnswerWatch } from './answer-stream.js'
import type { Question } from './asked-request.js'
import type { Authenticate, Client } from './authenticate.js'
import { Departure } from './departure.js'
import type { GivenAnswer, StreamedAnswer } from './given-answer.js'
import type { Metrics } from './metrics.js'
import type { ProfileShelf } from './profile-shelf.js'
import { Refusal, toFailureAnswer } from './refusal.js'
import type { RequestLog, RequestRecord } from './request-log.js'
import type { StallGuard } from './stall-guard.js'
import { parseAnswerTokens, type AnswerTokens } from './token-counts.js'
import type { TokenLedger } from './token-ledger.js'

/** What serving OpenAI's API takes. */
export interface AnswerParts {
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

/** Where answers are asked for. */
export type AnsweredPath = '/v1/responses' | '/v1/chat/completions'

/** Answers a question: let in, asked, and watched until the last byte of its answer. @throws Refusal before it is let in */
export type Answering = (path: AnsweredPath, question: Question) => Promise<GivenAnswer>

/** Its person has signed in as somebody else: that is told once, and then taken for meant. A session never goes on as another by itself. */
const accountMismatch: ErrorCode = 'ERR_TOKEN_ACCOUNT_MISMATCH'

export function createAnswering(parts: AnswerParts): Answering {
  const { authenticate, admission, shelf } = parts
  return async (path, question) => {
    const client = await authenticate(question)
    requireBudget(client, parts)
    const served = new ServedQuestion(parts, client, path, question)
    try {
      served.enter(await admission.enter(client.name, question))
      return await ask(parts, served)
    } catch (error) {
      const answer = toFailureAnswer(error)
      noticeCode(answer)
      served.failWith(answer, error)
      return answer
    }
  }

  function noticeCode({ headers }: Response): void {
    if (headers.get('x-planpass-code') === accountMismatch) shelf.reopen(shelf.currentName)
  }
}

/** A question that was let in or waits to be, and what is kept of it until the last byte of its answer. */
class ServedQuestion implements AnswerWatch {
  readonly client: Client
  readonly path: AnsweredPath
  readonly question: Question
  readonly record: RequestRecord
  readonly stalls: StallGuard
  readonly clock: Clock
  readonly #ledger: TokenLedger
  readonly #metrics: Metrics
  #leave: (() => void) | undefined
  #hasEnded = false

  constructor(
    { log, stalls, clock, ledger, metrics }: AnswerParts,
    client: Client,
    path: AnsweredPath,
    question: Question,
  ) {
    this.client = client
    this.path = path
    this.question = question
    this.record = log.begin({ client: client.name, method: 'POST', path })
    this.stalls = stalls
    this.clock = clock
    this.#ledger = ledger
    this.#metrics = metrics
  }

  /** @param leave Gives its place back */
  enter(leave: () => void): void {
    this.#leave = leave
    this.record.entered()
  }

  countTokens(tokens: AnswerTokens): void {
    this.record.used(tokens)
    this.#ledger.add(this.client.name, this.record.entry.model ?? 'unknown', tokens)
  }

  onEnd(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#leave?.()
    this.#metrics.count(this.record.entry)
  }

  failWith({ status }: Response, error: unknown): void {
    this.record.end(this.question.hasLeft ? 'cancelled' : 'failed', codeOf(error), status)
    this.onEnd()
  }
}

async function ask(parts: AnswerParts, served: ServedQuestion): Promise<StreamedAnswer> {
  const { client, path, question, record } = served
  const text = await question.readText(parts.maximumBodyBytes)
  const given = parseJsonObject(text)
  const model = readString(given, 'model') ?? null
  record.asked(model, given?.['stream'] === true)
  requireModel(client, model)
  const api = path === '/v1/chat/completions' ? 'chat' : 'responses'
  return relay(parts, readOpenAIQuestion(api, given ?? readRequestBody(text)), served)
}

/** An answer of the backend's, in the words of the API that was asked. */
async function relay(
  { shelf, clock, stalls }: AnswerParts,
  { body, dropped, contentType, translate }: OpenAIQuestion,
  served: ServedQuestion,
): Promise<StreamedAnswer> {
  const { question } = served
  const given = { body, dropped, headers: question.headers }
  const { answer, toHeaders, noticeFailure } = await untilHeard(question, stalls, (waiting) =>
    shelf.send(given, waiting),
  )
  const noticeUsage = (usage: JsonObject) => {
    const tokens = parseAnswerTokens(usage)
    if (tokens) served.countTokens(tokens)
  }
  const headers = toHeaders(answer.fields)
  headers['content-type'] = contentType
  const open = await openAnswer(
    answer.body,
    (handOn) => translate({ handOn, headers: answer.headers, clock, noticeUsage, noticeFailure }),
    served,
  )
  return { body: open, headers }
}

/** Waits no longer for an answer than whoever asked does, and than a backend may say nothing. */
async function untilHeard<Answer>(
  question: Question,
  stalls: StallGuard,
  send: (waiting: Departure) => Promise<Answer>,
): Promise<Answer> {
  const waiting = new Departure()
  const leave = () => waiting.leave()
  const forget = question.whenLeft(leave)
  const stall = stalls.watch({ onStalled: leave, onSilent: leave })
  try {
    return await send(waiting)
  } catch (error) {
    const isSilent = waiting.hasLeft && !question.hasLeft
    throw isSilent ? timedOut({ what: 'did not begin', timeoutMs: longestSilenceMs }) : error
  } finally {
    stall.stop()
    forget()
  }
}

/** @throws Refusal 404 for a model that the client's key may not use */
export function requireModel({ models }: Client, model: string | null): void {
  if (!models || (model !== null && models.includes(model))) return
  throw new Refusal(404, 'model_not_found', 'This key may not use that model.')
}

const dayMs = 24 * 60 * 60 * 1000

function requireBudget({ name, dailyTokens }: Client, { ledger, clock }: AnswerParts): void {
  if (dailyTokens === undefined || ledger.usedToday(name) < dailyTokens) return
  const untilMidnight = Math.ceil((dayMs - (clock.now() % dayMs)) / 1000)
  throw new Refusal(429, 'daily_budget_spent', `This key has used its ${dailyTokens} tokens of today.`, {
    'retry-after': String(untilMidnight),
  })
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? code : 'gateway_failed'
}

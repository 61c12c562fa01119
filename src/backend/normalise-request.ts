import type { JsonObject, JsonValue } from '../core/index.js'
import { toConversationId } from './conversation.js'
import { createReport, type NormalisationReport, type ReportWriter } from './normalisation-report.js'
import { normaliseInput } from './normalise-input.js'
import { badRequest, unsupportedField } from './request-error.js'
import { sentFields, unknownField, unsentFields } from './request-fields.js'
import { readRequestBody, writeJson } from './request-json.js'
import type { Sha256Hex } from './sha256.js'

/** What is known of a request besides its body. */
export interface NormaliseContext {
  /** Wins over the body's `prompt_cache_key`. */
  readonly conversationId?: string | undefined
  /** For a request that says nothing of its own, since the backend requires some. */
  readonly instructions?: string | undefined
  /** Whether a blob of encrypted reasoning is known to be another account's. Default: none is. */
  readonly isForeignReasoning?: ((encryptedContent: string) => boolean) | undefined
  /** Default: by Web Crypto. */
  readonly sha256Hex?: Sha256Hex | undefined
}

/** A request that the backend takes. */
export interface NormalisedRequest {
  readonly body: JsonObject
  /** What goes into the headers of the conversation, and stands in the body as `prompt_cache_key`. */
  readonly conversationId: string
  readonly report: NormalisationReport
}

const neutralInstructions = 'You are a helpful assistant.'

const encryptedReasoning = 'reasoning.encrypted_content'

/**
 * Turns any body for the public Responses API into one that the backend takes, and says what it changed. It never changes what it is given,
 * and what it returns it would return unchanged.
 *
 * @param body A JSON text or value.
 * @throws AuthError `ERR_UPSTREAM_UNSUPPORTED_FIELD` for what the answer would be wrong without, `ERR_UPSTREAM_BAD_REQUEST`: both are a
 *   `RequestError`, whose `field` is the place
 */
export async function normaliseRequest(body: unknown, context: NormaliseContext = {}): Promise<NormalisedRequest> {
  return normaliseBody(readRequestBody(body), context)
}

/** As `normaliseRequest`, for what is known to be JSON. */
export async function normaliseBody(given: JsonObject, context: NormaliseContext): Promise<NormalisedRequest> {
  const report = createReport()
  const fields = keepFields(given, report)
  if (!readText(fields, 'model')) throw badRequest('model', 'it is missing.')
  const isForeign = context.isForeignReasoning ?? (() => false)
  const input = await normaliseInput(fields['input'], report, isForeign)
  const instructions = toInstructions(readText(fields, 'instructions'), input.instructions, context, report)
  const conversationId = await toConversationId(
    context.conversationId ?? readText(fields, 'prompt_cache_key'),
    writeJson([instructions, input.items[0]]),
    context.sha256Hex,
  )
  fields['instructions'] = instructions
  fields['input'] = input.items
  fields['include'] = toInclude(fields['include'])
  force(fields, 'store', false, report)
  force(fields, 'stream', true, report)
  force(fields, 'prompt_cache_key', conversationId, report)
  return { body: fields, conversationId, report }
}

/** A copy without what the backend does not take; or the request is refused. */
function keepFields(body: JsonObject, report: ReportWriter): JsonObject {
  // Not by a spread: to add members to such a copy is slow.
  const kept: JsonObject = {}
  for (const [name, value] of Object.entries(body)) {
    const reason = value === undefined ? undefined : droppedBecause(name, value)
    if (reason === undefined) kept[name] = value
    else report.drop(reason, name)
  }
  return kept
}

function droppedBecause(name: string, value: JsonValue): string | undefined {
  if (value === null) return 'It asks for the default.'
  if (sentFields.has(name)) return undefined
  const { reason, isHarmless } = unsentFields.get(name) ?? unknownField
  if (!isHarmless) return reason
  if (isHarmless(value)) return 'It asks for nothing.'
  throw unsupportedField(name, reason)
}

function readText(fields: JsonObject, name: string): string | undefined {
  const value = fields[name]
  if (value === undefined || typeof value === 'string') return value
  throw badRequest(name, 'it is not a text.')
}

/** The backend refuses a request without instructions. */
function toInstructions(
  given: string | undefined,
  lifted: readonly string[],
  context: NormaliseContext,
  report: ReportWriter,
): string {
  const instructions = [given ?? '', ...lifted].filter((text) => text.trim() !== '').join('\n\n')
  if (instructions !== '') return instructions
  report.change('The backend requires some, so these are the default ones.', 'instructions')
  return context.instructions || neutralInstructions
}

/** Without it the backend would not hand out its reasoning, and later turns would have to do without. */
function toInclude(include: JsonValue | undefined): JsonValue[] {
  if (include === undefined) return [encryptedReasoning]
  if (!Array.isArray(include)) throw badRequest('include', 'it is not a list.')
  if (include.some((name) => name === 'message.output_text.logprobs')) {
    throw unsupportedField('include', 'the backend tells no probabilities.')
  }
  return include.includes(encryptedReasoning) ? include : [...include, encryptedReasoning]
}

function force(fields: JsonObject, name: keyof typeof forcedBecause, value: JsonValue, report: ReportWriter): void {
  if (fields[name] !== undefined && fields[name] !== value) report.change(forcedBecause[name], name)
  fields[name] = value
}

const forcedBecause = {
  store: 'The backend stores no responses.',
  stream: 'The backend answers as a stream only.',
  prompt_cache_key: 'It is the id of the conversation.',
}

import type { JsonValue } from '../core/index.js'

/** What becomes of a member of a request that the backend does not take. */
export interface FieldRule {
  readonly reason: string
  /** Present for what the answer would be wrong without: such a request is refused, unless the value asks for nothing. */
  readonly isHarmless?: (value: JsonValue) => boolean
}

/** What the backend takes: seen from, or named in, the Codex client 0.169.0 (protocol 9.5). */
export const sentFields: ReadonlySet<string> = new Set([
  'model',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'text',
  'include',
  'store',
  'stream',
  'stream_options',
  'service_tier',
  'prompt_cache_key',
  'prompt_cache_options',
  'client_metadata',
  'access_programs',
])

const samples: FieldRule = { reason: 'The backend samples in its own way.' }
const limits: FieldRule = { reason: 'The backend sets its own limits on an answer.' }
const labels: FieldRule = { reason: 'The backend keeps no labels of requests.' }
const writtenOtherwise = (place: string): FieldRule =>
  refusedUnless(`in a Responses request this is ${place}.`, isEmpty)

/** Everything else that clients of the public API are known to send. A name that is in neither list is dropped as unknown. */
export const unsentFields: ReadonlyMap<string, FieldRule> = new Map(
  Object.entries({
    temperature: samples,
    top_p: samples,
    top_k: samples,
    seed: samples,
    presence_penalty: samples,
    frequency_penalty: samples,

    max_output_tokens: limits,
    max_tokens: limits,
    max_completion_tokens: limits,
    max_tool_calls: limits,

    metadata: labels,
    user: labels,
    safety_identifier: labels,

    prediction: { reason: 'It makes an answer faster, not different.' },
    prompt_cache_retention: { reason: 'The backend decides how long it keeps its cache.' },
    truncation: { reason: 'The backend never shortens a conversation; one that is too long fails.' },

    previous_response_id: refusedUnless(
      'the backend keeps no responses; send the whole conversation as `input`.',
      isEmpty,
    ),
    conversation: refusedUnless('the backend keeps no conversations; send the whole of it as `input`.', isEmpty),
    prompt: refusedUnless('the backend has no stored prompts.', isEmpty),
    background: refusedUnless('the backend answers at once or not at all.', isFalse),
    n: refusedUnless('the backend gives one answer.', (value) => value === 1),
    stop: refusedUnless('the backend does not stop at given words.', isEmpty),
    logit_bias: refusedUnless('the backend does not weigh tokens.', isEmpty),
    logprobs: refusedUnless('the backend tells no probabilities.', isFalse),
    top_logprobs: refusedUnless('the backend tells no probabilities.', (value) => value === 0),
    modalities: refusedUnless('the backend answers in text.', isTextAlone),
    audio: refusedUnless('the backend answers in text.', isEmpty),
    moderation: refusedUnless('the backend moderates in its own way.', isEmpty),

    messages: writtenOtherwise('`input`'),
    functions: writtenOtherwise('`tools`'),
    function_call: writtenOtherwise('`tool_choice`'),
    response_format: writtenOtherwise('`text.format`'),
    web_search_options: refusedUnless('in a Responses request this is a tool of the type `web_search`.', () => false),
  } satisfies Record<string, FieldRule>),
)

/** For names that nobody has told us about. */
export const unknownField: FieldRule = { reason: 'The backend does not know it.' }

function refusedUnless(reason: string, isHarmless: (value: JsonValue) => boolean): FieldRule {
  return { reason, isHarmless }
}

function isFalse(value: JsonValue): boolean {
  return value === false
}

function isEmpty(value: JsonValue): boolean {
  return value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
}

function isTextAlone(value: JsonValue): boolean {
  return Array.isArray(value) && value.every((modality) => modality === 'text')
}

/**
 * The members of a request body the Codex backend takes; it refuses every other one by name. The first group is what the
 * released binary 0.169.0 was seen to send, the second what it can send by the names in it (protocol 9.5).
 */
export const allowedFields: ReadonlySet<string> = new Set([
  'model',
  'stream',
  'input',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'store',
  'include',
  'prompt_cache_key',
  'text',
  'client_metadata',

  'instructions',
  'service_tier',
  'stream_options',
  'prompt_cache_options',
  'access_programs',
])

/** What a `response.create` frame has besides: over HTTP the backend refuses these (protocol 9.5). */
export const webSocketFields: ReadonlySet<string> = new Set(['type', 'generate', 'previous_response_id'])

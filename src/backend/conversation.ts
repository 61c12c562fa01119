import { sha256Hex, type Sha256Hex } from './sha256.js'

/** What may stand in a header, and what the backend takes as `prompt_cache_key`. */
const plainId = /^[\x21-\x7e]{1,64}$/

/**
 * The one id of a conversation, which its session headers and `prompt_cache_key` carry: the prompt cache finds the earlier turns by it.
 *
 * @param given The caller's own id. One that cannot stand in a header is replaced by a hash of it.
 * @param opening What the conversation began with. Without an id of the caller's, its turns are known by it, since every turn repeats it.
 */
export function toConversationId(
  given: string | undefined,
  opening: string,
  hash: Sha256Hex = sha256Hex,
): string | Promise<string> {
  if (given === undefined || given === '') return hashedId(`opening ${opening}`, hash)
  return plainId.test(given) ? given : hashedId(`id ${given}`, hash)
}

/** The headers of a conversation (protocol 9.5). */
export function conversationHeaders(conversationId: string): Record<string, string> {
  return { 'session-id': conversationId, 'thread-id': conversationId }
}

/** The id that a caller's headers name; some clients write it with an underscore, which some proxies drop. */
export function readConversationId(headers: Pick<Headers, 'get'>): string | undefined {
  return headers.get('session-id') || headers.get('session_id') || headers.get('thread-id') || undefined
}

function hashedId(text: string, hash: Sha256Hex): string | Promise<string> {
  const digits = hash(text)
  return typeof digits === 'string' ? toUuid(digits) : digits.then(toUuid)
}

/** As the ids of Codex's own conversations are. */
function toUuid(digits: string): string {
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20, 32)}`
}

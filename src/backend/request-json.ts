import { isJsonObject, type JsonObject } from '../core/index.js'
import { badRequest } from './request-error.js'

/** What the public API takes is 50 MB; base64 and JSON escapes make images bigger than they are. */
const maximumCharacters = 64 * 1024 * 1024

/**
 * The JSON object that a request is, given as text or as a value: what would go over the wire, and nothing that is shared with the caller.
 *
 * @throws AuthError `ERR_UPSTREAM_BAD_REQUEST` for anything that is no JSON object, refers to itself, or is too large
 */
export function readRequestBody(body: unknown): JsonObject {
  const text = typeof body === 'string' ? body : writeJson(body)
  if (text.length > maximumCharacters) throw badRequest('', `it is larger than ${maximumCharacters} characters.`)
  const value = parse(text)
  if (!isJsonObject(value)) throw badRequest('', 'it is not a JSON object.')
  return value
}

/**
 * The JSON of a request. The platform's own error would quote it, and what can be read may still be too deep to be written.
 *
 * @throws AuthError `ERR_UPSTREAM_BAD_REQUEST`
 */
export function writeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    throw badRequest('', 'it cannot be written as JSON: it refers to itself, is too large or too deep, or not JSON.')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw badRequest('', 'it is not JSON.')
  }
}

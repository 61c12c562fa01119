import { parseJsonObject, readNumber, readObject, readString, type JsonObject, type JsonValue } from '../core/index.js'

/** The id of a request; the server counts its own from 0, and takes strings from a host as well. */
export type RequestId = string | number

/** A message of the server. Its JSON-RPC has no `jsonrpc` member (real-codex 13). */
export type IncomingMessage =
  | { readonly kind: 'request'; readonly id: RequestId; readonly method: string; readonly params: JsonValue }
  | { readonly kind: 'notification'; readonly method: string; readonly params: JsonValue }
  | { readonly kind: 'result'; readonly id: RequestId; readonly result: JsonValue }
  | { readonly kind: 'error'; readonly id: RequestId; readonly code: number; readonly message: string }
  /** An answer that says neither what came out nor what went wrong. */
  | { readonly kind: 'empty'; readonly id: RequestId }
  | { readonly kind: 'malformed' }

/** Reads one message; never throws. */
export function parseMessage(text: string): IncomingMessage {
  const json = parseJsonObject(text)
  const id = readId(json)
  const method = readString(json, 'method')
  if (method !== undefined) {
    const params = json?.['params'] ?? null
    return id === undefined ? { kind: 'notification', method, params } : { kind: 'request', id, method, params }
  }
  return id === undefined ? { kind: 'malformed' } : parseAnswer(id, json)
}

function parseAnswer(id: RequestId, json: JsonObject | undefined): IncomingMessage {
  const error = readObject(json, 'error')
  if (error) {
    return { kind: 'error', id, code: readNumber(error, 'code') ?? 0, message: readString(error, 'message') ?? '' }
  }
  const result = json?.['result']
  return result === undefined ? { kind: 'empty', id } : { kind: 'result', id, result }
}

function readId(json: JsonObject | undefined): RequestId | undefined {
  const id = json?.['id']
  return typeof id === 'string' || typeof id === 'number' ? id : undefined
}

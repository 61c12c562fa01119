import { gunzipSync } from 'node:zlib'
import { decompress } from 'fzstd'
import { type Problem, detailProblem } from './problem.js'

const decoders: ReadonlyMap<string, (bytes: Uint8Array) => Uint8Array> = new Map([
  ['identity', (bytes: Uint8Array) => bytes],
  ['gzip', (bytes: Uint8Array) => gunzipSync(bytes)],
  ['zstd', (bytes: Uint8Array) => decompress(bytes)],
])

type Body = { readonly members: Readonly<Record<string, unknown>> } | { readonly problem: Problem }

/** A JSON object out of a body that may be compressed: the real binary sends zstd (protocol 9.5). */
export async function readBody(request: Request): Promise<Body> {
  const decode = decoders.get(request.headers.get('content-encoding')?.toLowerCase() ?? 'identity')
  if (decode === undefined) return { problem: detailProblem('Unsupported content encoding') }
  const bytes = new Uint8Array(await request.arrayBuffer())
  try {
    return { members: parseObject(new TextDecoder('utf-8', { fatal: true }).decode(decode(bytes))) }
  } catch {
    return { problem: detailProblem('The request body could not be decoded') }
  }
}

/** Throws when the text is not a JSON object. */
export function parseObject(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text)
  if (!isObject(value)) throw new TypeError('not a JSON object')
  return value
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

import { AuthError, parseJsonObject, type JsonObject } from '../core/index.js'

const largestBodyBytes = 64 * 1024

/** The object in the body, or an empty one without a body. No more of it is read than it may hold. @throws AuthError `ERR_UPSTREAM_BAD_REQUEST` */
export async function readJsonBody({ body }: Request): Promise<JsonObject> {
  const text = body ? await readLimited(body) : ''
  const object = text === '' ? {} : parseJsonObject(text)
  if (!object) throw unreadable()
  return object
}

async function readLimited(body: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.byteLength
    if (bytes > largestBodyBytes) throw unreadable()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function unreadable(): AuthError {
  return new AuthError('ERR_UPSTREAM_BAD_REQUEST', 'The body is not a JSON object of a reasonable size.')
}

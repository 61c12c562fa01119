import { AuthError, parseJsonObject, type JsonObject } from '../core/index.js'

const largestBodyBytes = 64 * 1024

/** The object in the body, or an empty one without a body. No more of it is read than it may hold. @throws AuthError `ERR_UPSTREAM_BAD_REQUEST` */
export async function readJsonBody({ body }: Request): Promise<JsonObject> {
  const text = body ? await new Response(limitBody(body, largestBodyBytes)).text() : ''
  const object = text === '' ? {} : parseJsonObject(text)
  if (!object) throw new AuthError('ERR_UPSTREAM_BAD_REQUEST', 'The body is not a JSON object.')
  return object
}

/** The same, which fails with `ERR_UPSTREAM_BAD_REQUEST` as soon as there is more of it than that. */
export function limitBody(body: ReadableStream<Uint8Array>, mostBytes: number): ReadableStream<Uint8Array> {
  let bytes = 0
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      bytes += chunk.byteLength
      if (bytes <= mostBytes) return controller.enqueue(chunk)
      throw new AuthError('ERR_UPSTREAM_BAD_REQUEST', `The body is larger than ${mostBytes} bytes.`)
    },
  })
  return body.pipeThrough(limit)
}

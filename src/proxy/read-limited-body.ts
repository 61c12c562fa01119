import { Refusal } from './refusal.js'

/**
 * The text of a JSON body, counted while it comes: what its headers say of its length is only believed when it is too much.
 *
 * @throws Refusal 400, 413, 415
 */
export async function readLimitedBody(request: Request, maximumBytes: number): Promise<string> {
  const { headers, body } = request
  if (!/^application\/json\s*(;|$)/i.test(headers.get('content-type') ?? '')) {
    throw new Refusal(415, 'The body must be JSON, with the content type application/json.')
  }
  if (headers.has('content-encoding')) throw new Refusal(415, 'The body must not be compressed.')
  if (Number(headers.get('content-length') ?? 0) > maximumBytes) throw tooLarge(maximumBytes)
  if (!body) throw new Refusal(400, 'The request has no body.')
  return new TextDecoder().decode(await readBytes(body, maximumBytes))
}

/** Leaving the loop early cancels the body: nothing more of it is taken in. */
async function readBytes(body: ReadableStream<Uint8Array>, maximumBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.byteLength
    if (length > maximumBytes) throw tooLarge(maximumBytes)
    chunks.push(chunk)
  }
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}

function tooLarge(maximumBytes: number): Refusal {
  return new Refusal(413, `The body is larger than ${maximumBytes} bytes.`)
}

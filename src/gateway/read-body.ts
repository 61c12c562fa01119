import { Refusal } from './refusal.js'

/**
 * The text of a JSON body, which is counted where its length is not known before.
 *
 * @throws Refusal 400, 413, 415
 */
export async function readBody(request: Request, maximumBytes: number): Promise<string> {
  const { headers } = request
  if (headers.has('content-encoding'))
    throw new Refusal(415, 'unsupported_encoding', 'The body must not be compressed.')
  const length = headers.get('content-length')
  if (length !== null && Number(length) > maximumBytes) throw tooLarge(maximumBytes)
  try {
    // No server hands out more than the length that was announced.
    return await (length === null ? readCounted(request.body, maximumBytes) : request.text())
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new Refusal(400, 'body_incomplete', 'The body did not come to its end.')
  }
}

/** Leaving the loop early cancels the body: nothing more of it is taken in. */
async function readCounted(body: ReadableStream<Uint8Array> | null, maximumBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.byteLength
    if (length > maximumBytes) throw tooLarge(maximumBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function tooLarge(maximumBytes: number): Refusal {
  return new Refusal(413, 'body_too_large', `The body is larger than ${maximumBytes} bytes.`)
}

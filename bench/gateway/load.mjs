// Asks as fast as it can be answered, on connections that stay open, and reads every answer to its end.
import { Pool } from 'undici'

/** A request for one of the upstream's answers. */
export function question(kind) {
  const content = [{ type: 'input_text', text: `Please give me this answer: ${kind}` }]
  const input = [{ type: 'message', role: 'user', content }]
  return JSON.stringify({ model: 'gpt-5.5', instructions: 'Be brief.', input, stream: true, store: false })
}

/**
 * @param {{ url: string, key: string }} server
 * @param {{ kind: string, connections: number, forMs: number }} load
 * @returns {Promise<{ requestsPerSecond: number, megabytesPerSecond: number, latenciesMs: number[] }>}
 */
export async function putLoad(server, { kind, connections, forMs }) {
  const pool = new Pool(new URL(server.url).origin, { connections })
  const body = question(kind)
  const latenciesMs = []
  let bytes = 0
  const startMs = performance.now()
  const endMs = startMs + forMs
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < endMs) {
        const beganMs = performance.now()
        // Not added in one step: the others go on while this one waits.
        const length = await ask(pool, server, body)
        bytes += length
        latenciesMs.push(performance.now() - beganMs)
      }
    }),
  )
  const seconds = (performance.now() - startMs) / 1000
  await pool.close()
  return { requestsPerSecond: latenciesMs.length / seconds, megabytesPerSecond: bytes / 1e6 / seconds, latenciesMs }
}

/** So many streams at once, each to its end. @param onHalf Called when about half of the bytes have come */
export async function holdStreams(server, streams) {
  const pool = new Pool(new URL(server.url).origin, {
    connections: streams,
    headersTimeout: 120_000,
    bodyTimeout: 120_000,
  })
  const body = question('slow')
  await Promise.all(Array.from({ length: streams }, () => ask(pool, server, body)))
  await pool.close()
}

async function ask(pool, { url, key }, body) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const path = `${new URL(url).pathname}/responses`
  const answer = await pool.request({ method: 'POST', path, headers, body })
  let length = 0
  let [last, lastButOne] = ['', '']
  for await (const chunk of answer.body) {
    length += chunk.length
    ;[last, lastButOne] = [chunk, last]
  }
  const tail = `${lastButOne}${last}`
  if (answer.statusCode !== 200 || !tail.includes('response.completed')) {
    throw new Error(`${url} answered ${answer.statusCode}: ${tail.slice(-300)}`)
  }
  return length
}

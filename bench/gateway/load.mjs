// Asks as fast as it can be answered, on connections that stay open, and reads every answer to its end.
import { Pool } from 'undici'

/** A request for one of the upstream's answers, where it goes, and how an answer to it ends. `asks`: `stream`, `whole` or `completion` */
export function question(kind, asks = 'stream') {
  const text = `Please give me this answer: ${kind}`
  if (asks === 'completion') {
    const body = { model: 'gpt-5.5', messages: [{ role: 'user', content: text }], stream: true }
    return { path: '/chat/completions', body: JSON.stringify(body), end: '[DONE]' }
  }
  const input = [{ type: 'message', role: 'user', content: [{ type: 'input_text', text }] }]
  const body = { model: 'gpt-5.5', instructions: 'Be brief.', input, stream: asks === 'stream', store: false }
  return {
    path: '/responses',
    body: JSON.stringify(body),
    end: asks === 'stream' ? 'response.completed' : '"completed"',
  }
}

/**
 * @param {{ url: string, key: string }} server
 * @param {{ kind: string, asks?: string, connections: number, forMs: number }} load
 * @returns {Promise<{ requestsPerSecond: number, megabytesPerSecond: number, latenciesMs: number[] }>}
 */
export async function putLoad(server, { kind, asks, connections, forMs }) {
  const pool = new Pool(new URL(server.url).origin, { connections })
  const asked = question(kind, asks)
  const latenciesMs = []
  let bytes = 0
  const startMs = performance.now()
  const endMs = startMs + forMs
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < endMs) {
        const beganMs = performance.now()
        // Not added in one step: the others go on while this one waits.
        const length = await ask(pool, server, asked)
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
  const asked = question('slow')
  await Promise.all(Array.from({ length: streams }, () => ask(pool, server, asked)))
  await pool.close()
}

async function ask(pool, { url, key }, asked) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const path = new URL(url).pathname + asked.path
  const answer = await pool.request({ method: 'POST', path, headers, body: asked.body })
  let length = 0
  let [last, lastButOne] = ['', '']
  for await (const chunk of answer.body) {
    length += chunk.length
    ;[last, lastButOne] = [chunk, last]
  }
  const tail = `${lastButOne}${last}`
  if (answer.statusCode !== 200 || !tail.includes(asked.end)) {
    throw new Error(`${url} answered ${answer.statusCode}: ${tail.slice(-300)}`)
  }
  return length
}

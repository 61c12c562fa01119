// That a byte costs the same in a long answer as in a short one, and in one huge event in however small pieces.
import { judge, spreadOf } from '../measure.mjs'
import { readEventStream, readResponseEvents } from '../../dist/backend/index.js'
import { answerChunks, bigEventChunks, bodyOf } from './sample-stream.mjs'

/** Quadratic cost would be four times as much a byte. */
const most = 1.5

export async function benchLinearity(rounds) {
  const wide = 65_536
  return [
    await compareSizes('an answer, 4 times as long', [answer(20_000), answer(80_000)], readResponses, rounds),
    await compareSizes('10 MB in one event, 64 kB a chunk', [event(2.5e6, wide), event(1e7, wide)], readEvents, rounds),
    // Ten million chunks take seconds, which is long enough to be steady.
    await compareSizes('10 MB in one event, 1 byte a chunk', [event(2.5e6, 1), event(1e7, 1)], readEvents, 1),
  ]
}

const answer = (deltas) => () => answerChunks(deltas)
const event = (bytes, chunkBytes) => () => bigEventChunks(bytes, chunkBytes)
const readResponses = (body) => readResponseEvents(new Response(body))
const readEvents = (body) => readEventStream(body)

async function compareSizes(name, [small, big], read, rounds) {
  const ratios = []
  const times = []
  for (let round = 0; round < rounds; round += 1) {
    const smallMs = await timeMs(small, read)
    const bigMs = await timeMs(big, read)
    times.push(bigMs)
    ratios.push(bigMs / smallMs / 4)
  }
  const ratio = spreadOf(ratios)
  return {
    name,
    unit: 'ms',
    measured: spreadOf(times),
    against: 'a quarter of it, a byte',
    ratio,
    ...judge(ratio.median, most),
  }
}

async function timeMs(chunks, read) {
  const body = bodyOf(chunks())
  const startMs = performance.now()
  for await (const one of read(body)) void one
  return performance.now() - startMs
}

// How fast an answer is read: the same bytes in the same rounds through each reader.
import { compare, measureRounds, spreadOf } from '../measure.mjs'
import { answerChunks, bodyOf } from './sample-stream.mjs'

const deltas = 20_000
const mostOfTheParser = 1.3
const mostOfAPeer = 0.5
const peers = ['openai-oauth', 'openai-codex-oauth']

export async function benchThroughput(readers, rounds) {
  const chunks = [...answerChunks(deltas)]
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  const subjects = Object.entries(readers).map(([name, read]) => [name, () => read(bodyOf(chunks))])
  const samples = await measureRounds(Object.fromEntries(subjects), rounds)
  return [...Object.keys(samples).flatMap((name) => rates(name, samples[name], bytes)), ...ratios(samples)]
}

function rates(name, times, bytes) {
  const megabytes = spreadOf(times.map((ms) => bytes / 1000 / ms))
  const events = spreadOf(times.map((ms) => deltas / ms))
  return [
    { name, unit: 'MB/s', measured: megabytes },
    { name, unit: 'thousand events/s', measured: events },
  ]
}

function ratios(samples) {
  if (!samples['eventsource-parser']) return []
  const whole = 'planpass, reader and reducer'
  const [best] = peers.toSorted((one, other) => spreadOf(samples[one]).median - spreadOf(samples[other]).median)
  return [
    compare(samples, { name: 'planpass, reader', against: 'eventsource-parser', aim: mostOfTheParser }),
    compare(samples, { name: whole, against: 'eventsource-parser and JSON.parse', aim: mostOfTheParser }),
    compare(samples, { name: whole, against: 'eventsource-parser' }),
    ...peers.map((peer) =>
      compare(samples, { name: whole, against: peer, ...(peer === best && { aim: mostOfAPeer }) }),
    ),
  ]
}

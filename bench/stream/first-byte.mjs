// What reading adds before the first event is in the caller's hands, over having the first chunk.
import { readResponseEvents } from '../../dist/backend/index.js'
import { judge, measureRounds, spreadOf } from '../measure.mjs'
import { answerChunks, bodyOf } from './sample-stream.mjs'

const answersPerRound = 200
const mostMs = 0.3

export async function benchFirstByte(rounds) {
  const chunks = [...answerChunks(3, 1)]
  const inTurn = (read) => async () => {
    for (let asked = 0; asked < answersPerRound; asked += 1) await read(new Response(bodyOf(chunks)))
  }
  const samples = await measureRounds(
    {
      chunk: inTurn(async (response) => {
        const reader = response.body.getReader()
        await reader.read()
        await reader.cancel()
      }),
      event: inTurn(async (response) => {
        const events = readResponseEvents(response)
        await events.next()
        await events.return()
      }),
    },
    rounds,
  )
  const added = spreadOf(samples.event.map((ms, round) => (ms - samples.chunk[round]) / answersPerRound))
  return [{ name: 'added before the first event', unit: 'ms', measured: added, ...judge(added.median, mostMs) }]
}

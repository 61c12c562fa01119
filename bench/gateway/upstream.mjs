// A process that answers as the backend would, from bytes it has made before: short, long, or a little at a time. Which of them, the prompt says.
import { createServer } from 'node:http'
import { answerChunks } from '../stream/sample-stream.mjs'

const deltas = { short: 20, long: 20_000, slow: 20 }
const slowPauseMs = 500
const short = Buffer.concat([...answerChunks(deltas.short)])
const long = [...answerChunks(deltas.long)]
const slow = [...answerChunks(deltas.slow, 1)]
const models = JSON.stringify({ models: [{ slug: 'gpt-5.5', display_name: 'GPT-5.5', priority: 1 }] })

const answers = {
  short: (response) => response.end(short),
  long: (response) => writeAll(response, long),
  slow: (response) => writeSlowly(response, slow),
}

const server = createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    if (request.method === 'GET') return response.setHeader('content-type', 'application/json').end(models)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const [, kind] = /answer: (\w+)/.exec(Buffer.concat(chunks).toString()) ?? []
    return answers[kind](response)
  })
})

function writeAll(response, chunks, index = 0) {
  if (index === chunks.length || response.destroyed) return response.end()
  if (response.write(chunks[index])) return writeAll(response, chunks, index + 1)
  return response.once('drain', () => writeAll(response, chunks, index + 1))
}

function writeSlowly(response, chunks, index = 0) {
  if (index === chunks.length || response.destroyed) return response.end()
  response.write(chunks[index])
  return setTimeout(() => writeSlowly(response, chunks, index + 1), slowPauseMs)
}

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => process.send({ port: server.address().port }))
process.once('disconnect', () => process.exit())

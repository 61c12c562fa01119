// What is held after a gigabyte went by: the heap after a full collection, at steps on the way. Runs in a process of its own, with the collector exposed.
import { readResponseEvents } from '../../dist/backend/index.js'
import { answerChunks, bodyOf } from './sample-stream.mjs'

const steps = [1, 10, 100, 250, 500, 1000].map((megabytes) => megabytes * 1e6)
const [mostBytes = '1e9'] = process.argv.slice(2)

let bytes = 0
function* counted(chunks) {
  for (const chunk of chunks) {
    bytes += chunk.length
    yield chunk
  }
}

const heaps = []
const remaining = steps.filter((step) => step <= Number(mostBytes))
for await (const event of readResponseEvents(new Response(bodyOf(counted(answerChunks(Infinity)))))) {
  if (event.type === '' || bytes < remaining[0]) continue
  remaining.shift()
  globalThis.gc()
  heaps.push({ bytes, heapBytes: process.memoryUsage().heapUsed })
  if (remaining.length === 0) break
}
console.log(JSON.stringify({ heaps, peakBytes: process.resourceUsage().maxRSS * 1024 }))

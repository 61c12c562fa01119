// A process that answers every request with a little JSON, and ends with the one that started it. On its own, so that its work is not counted as
// the client's.
import { createServer } from 'node:http'

const answer = JSON.stringify({ ok: true, models: ['one', 'two', 'three'] })

const server = createServer((request, response) => {
  request.resume()
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer)
})
server.listen(0, '127.0.0.1', () => process.send(server.address().port))
process.once('disconnect', () => process.exit())

// A host in a process of its own: connects as its standard input says, sends a prompt when there is one, says so, and stays.
import { text } from 'node:stream/consumers'
import { connectAppServer } from '../../dist/app-server/index.js'

const { prompt, ...options } = JSON.parse(await text(process.stdin))
const server = await connectAppServer(options)
if (prompt !== undefined) await (await server.startThread()).startTurn(prompt)
process.stdout.write('ready\n')
setInterval(() => {}, 1000)

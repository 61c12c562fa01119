// A host in a process of its own: connects as its standard input says, sends a prompt when there is one, says so, and stays until it is killed.
import { text } from 'node:stream/consumers'
import { connectAppServer } from '../../dist/app-server/index.js'

const { options, prompt, thread } = JSON.parse(await text(process.stdin))
const server = await connectAppServer(options)
if (prompt !== undefined) await (await server.startThread(thread)).startTurn(prompt)
process.stdout.write('ready\n')
setInterval(() => {}, 1000)

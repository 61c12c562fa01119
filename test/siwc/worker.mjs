/** A program that uses a connected profile, as a process of its own. In: `{ open }` once, then `{ use }`. Out: `{ ready }`, then `{ token }`. */
import { createHash } from 'node:crypto'
import { createSession } from '../../dist/core/index.js'
import { createFileHostId, createFileRegistrations } from '../../dist/node/index.js'
import { createSiwcProvider } from '../../dist/siwc/index.js'
import { createFileStore } from '../../dist/stores/file.js'

let session

function open({ folder, issuer, apiUrl }) {
  const provider = createSiwcProvider({
    appName: 'Quill',
    registrations: createFileRegistrations(folder),
    hostId: createFileHostId(folder),
    issuer,
    apiUrl,
  })
  session = createSession({ store: createFileStore(`${folder}/auth.json`), provider })
}

async function answer(message) {
  if (message.open) {
    open(message.open)
    return { ready: true }
  }
  const token = await session.accessToken()
  return { token: createHash('sha256').update(token.reveal()).digest('hex') }
}

process.on('message', (message) => void answer(message).then((reply) => process.send(reply)))
process.on('disconnect', () => process.exit())

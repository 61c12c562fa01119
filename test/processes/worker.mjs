/**
 * A program that uses a profile, as a process of its own: runs the built package, and does over IPC what the test says.
 *
 * In: `{ open: {…} }` first, then `{ use: true }` or `{ refresh: true }`. Out: `{ ready }`, then one `{ outcome }` for each.
 */
import { createHash } from 'node:crypto'
import { basename, dirname } from 'node:path'
import { createCodexProvider, createSession } from '../../dist/core/index.js'
import { createFileStore } from '../../dist/stores/file.js'

/** Where `points.mjs` watches; without it, nothing happens here. */
const reach = globalThis.reachPoint ?? (() => undefined)

const watchedFetch = async (input, init) => {
  const isRefresh = String(input).endsWith('/oauth/token')
  reach(isRefresh ? 'send the refresh token' : `ask for ${basename(String(input))}`)
  const response = await fetch(input, init)
  if (!isRefresh) return response
  reach('read the answer')
  const body = await response.text()
  reach('parse the answer')
  return new Response(body, response)
}

/** Dies inside the section, now and then: as the lock is taken, or with the intent written down; never with a token on the wire. */
function mortal(store, deathRate) {
  const roll = () => Math.random() < deathRate / 2 && process.kill(process.pid, 'SIGKILL')
  return {
    ...store,
    update: (change, options) =>
      store.update(async (current, context) => {
        roll()
        const announce = async (intent) => {
          await context.announce(intent)
          roll()
        }
        return change(current, { announce })
      }, options),
  }
}

const providers = {
  codex: ({ issuer, backendUrl }) => createCodexProvider({ issuer, backendUrl }),
  async siwc({ path, issuer, backendUrl }) {
    const { createFileHostId, createFileRegistrations } = await import('../../dist/node/siwc-files.js')
    const { createSiwcProvider } = await import('../../dist/siwc/index.js')
    const [registrations, hostId] = [createFileRegistrations(dirname(path)), createFileHostId(dirname(path))]
    return createSiwcProvider({ appName: 'Quill', registrations, hostId, issuer, apiUrl: backendUrl })
  },
}

const paths = { codex: '/wham/usage', siwc: '/models' }

async function open(profile) {
  const store = mortal(createFileStore(profile.path, profile.storeOptions), profile.deathRate ?? 0)
  const provider = await providers[profile.provider](profile)
  const session = createSession({ store, provider, fetch: watchedFetch })
  return { session, url: `${profile.backendUrl}${paths[profile.provider]}` }
}

const digest = (secret) => createHash('sha256').update(secret.reveal()).digest('hex').slice(0, 16)

async function use({ session, url }) {
  const response = await session.fetch(url)
  await response.arrayBuffer()
  return { status: response.status, token: digest(await session.accessToken()) }
}

async function refresh({ session }) {
  globalThis.watchPoints?.()
  const { accessToken } = await session.refresh()
  return { token: digest(accessToken) }
}

let opened

async function obey(message) {
  if (message.open) {
    opened = await open(message.open)
    return { ready: true }
  }
  try {
    return { outcome: message.use ? await use(opened) : await refresh(opened) }
  } catch (error) {
    return { outcome: { code: error.code ?? error.name, cause: error.cause?.code } }
  }
}

process.on('message', (message) => void obey(message).then((answer) => process.send(answer)))
process.on('disconnect', () => process.exit())

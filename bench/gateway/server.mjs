// A process that serves OpenAI's API over the upstream: one of the servers below. Tells what it has used when it is asked.
import { createServer, request as sendRequest, Agent } from 'node:http'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const [, , name, upstream] = process.argv

/** Hands the bytes on, both ways, and knows nothing of them: what any server in between costs. */
async function serveBare() {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity })
  const { hostname, port } = new URL(upstream)
  const server = createServer((request, response) => {
    const path = request.url.replace('/v1', '/backend-api/codex')
    const headers = { ...request.headers, host: `${hostname}:${port}` }
    const onward = sendRequest({ agent, hostname, port, path, method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve))
  return { url: `http://127.0.0.1:${server.address().port}/v1`, key: 'none' }
}

/** The same by the parts that the gateway stands on, Node's own `fetch` and hono's listener, and nothing else: the least that it can cost. */
async function serveByFetch() {
  const { getRequestListener } = await import('@hono/node-server')
  const listener = getRequestListener(
    async (request) => {
      const url = request.url.replace(/^.*\/v1/, `${upstream}/backend-api/codex`)
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(url, { method: request.method, headers, body: await request.text() })
      return new Response(answer.body, { headers: { 'content-type': answer.headers.get('content-type') } })
    },
    { overrideGlobalObjects: false },
  )
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing))
  await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve))
  return { url: `http://127.0.0.1:${server.address().port}/v1`, key: 'none' }
}

async function servePlanpass() {
  const { createMemoryStore, createSession } = await import('../../dist/core/index.js')
  const { createApiKey, createKeyRing, digestKey, fromSession, listenGateway } =
    await import('../../dist/gateway/index.js')
  const { createLazyTransport, createLazyWire } = await import('../../dist/node/index.js')
  const { signIn } = await import('../signed-in.mjs')
  // As `planpass serve` does before it listens.
  const { collectLate } = await import('../../dist/cli/serve/collect-late.js')
  collectLate()
  const { provider, credential } = await signIn(upstream)
  const store = createMemoryStore(credential)
  const session = createSession({ store, provider, fetch: createLazyTransport({}) })
  const key = createApiKey().reveal()
  const keys = createKeyRing(async () => [{ name: 'bench', createdAtMs: 0, digest: digestKey(key) }])
  const limits = { maximumRunning: 4000, maximumWaiting: 4000 }
  const profiles = fromSession(session, { wire: createLazyWire({}) })
  const listener = await listenGateway({ profiles, keys, limits }, { mostConnections: 4000 })
  return { url: `${listener.origin}/v1`, key }
}

async function serveOpenAIOAuth() {
  const { startOpenAIOAuthServer } = await import('../contenders/node_modules/openai-oauth/dist/index.js')
  const { writeCodexAuthFile } = await import('../contenders/codex-auth-file.mjs')
  const { createEmulator } = await import('../../dist/testing/index.js')
  const authFilePath = join(mkdtempSync(join(tmpdir(), 'planpass-bench-')), 'auth.json')
  writeCodexAuthFile({ path: authFilePath }, await createEmulator().issueTokens(undefined, { issuer: upstream }))
  const { url } = await startOpenAIOAuthServer({
    authFilePath,
    port: 0,
    baseURL: `${upstream}/backend-api/codex`,
    codexVersion: '0.169.0',
    models: ['gpt-5.5'],
  })
  return { url, key: 'none' }
}

const servers = {
  'bare pass-through': serveBare,
  'pass-through by fetch': serveByFetch,
  planpass: servePlanpass,
  'openai-oauth': serveOpenAIOAuth,
}

process.send(await servers[name]())
process.on('message', () => {
  globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  process.send({ rssBytes: process.memoryUsage().rss, cpuMs: (user + system) / 1000 })
})
process.once('disconnect', () => process.exit())

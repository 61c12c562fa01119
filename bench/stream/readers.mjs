// What reads the same bytes. Each takes a body and resolves when it has read it to the end.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { collectResponse, readEventStream, readResponseEvents } from '../../dist/backend/index.js'

/** The readers that are installed in `packages`, by name, and planpass itself. */
export async function loadReaders(packages) {
  const planpass = {
    'planpass, reader': drain((body) => readEventStream(body)),
    'planpass, reader and events': drain((body) => readResponseEvents(new Response(body))),
    'planpass, reader and reducer': (body) => collectResponse(readResponseEvents(new Response(body))),
  }
  const load = (name, file) => import(pathToFileURL(join(packages, name, file)).href)
  if (!existsSync(join(packages, 'eventsource-parser'))) return { readers: planpass, versions: {} }
  const { createParser } = await load('eventsource-parser', 'dist/index.js')
  const { collectCompletedResponseFromSse } = await load('@openai-oauth/core', 'dist/sse.js')
  const { createOpenAIOAuth } = await load('openai-codex-oauth', 'dist/index.js')
  const readers = {
    ...planpass,
    'eventsource-parser': feed(createParser, () => undefined),
    'eventsource-parser and JSON.parse': feed(createParser, ({ data }) => void JSON.parse(data)),
    'openai-oauth': collectCompletedResponseFromSse,
    'openai-codex-oauth': generate(createOpenAIOAuth),
  }
  const names = ['eventsource-parser', '@openai-oauth/core', 'openai-codex-oauth']
  return { readers, versions: Object.fromEntries(names.map((name) => [name, versionOf(join(packages, name))])) }
}

function versionOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version
}

function drain(open) {
  return async (body) => {
    for await (const event of open(body)) void event
  }
}

/** The bare parser, as its README feeds it. */
function feed(createParser, onEvent) {
  return async (body) => {
    const parser = createParser({ onEvent })
    const decoder = new TextDecoder()
    for await (const chunk of body) parser.feed(decoder.decode(chunk, { stream: true }))
  }
}

/** It has no reader of its own: its answers go through the AI SDK's. */
function generate(createOpenAIOAuth) {
  const claims = Buffer.from(JSON.stringify({ exp: 4_102_444_800 })).toString('base64url')
  const tokens = { accessToken: `e30.${claims}.x`, refreshToken: 'x', accountId: 'x', expiresAt: 4_102_444_800_000 }
  const prompt = [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }]
  return async (body) => {
    const headers = { 'content-type': 'text/event-stream' }
    const provider = createOpenAIOAuth({ tokens, fetch: async () => new Response(body, { headers }) })
    await provider('gpt-5.5').doGenerate({ prompt })
  }
}

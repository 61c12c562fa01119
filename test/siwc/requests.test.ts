import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  collectResponse,
  createOpenAIFetch,
  readModels,
  readResponseEvents,
  streamResponse,
  toStreamError,
  toUpstreamError,
} from '../../src/backend/index.js'
import type { ErrorCode, JsonObject } from '../../src/core/index.js'
import { assertGeneralAccessAllowed, shapeRequest } from '../../src/siwc/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { toArray } from '../support/to-array.js'
import { packageFolder } from '../packaging/manifest.js'
import { question, siwcLab } from './siwc-lab.js'

async function connected(options: Parameters<typeof siwcLab>[0] = {}) {
  const lab = siwcLab(options)
  await lab.signIn()
  return { ...lab, session: lab.session(), sessionWith: lab.session }
}

const userMessage = { type: 'message', role: 'user', content: 'Hello' }

/** Every member that siwc 6.3 says to leave out, as somebody would send it. */
const omitted: JsonObject = {
  background: true,
  conversation: 'conv_1',
  max_output_tokens: 100,
  max_tool_calls: 3,
  metadata: { a: 'b' },
  moderation: { a: 'b' },
  multi_agent: { enabled: true },
  prompt: { id: 'pmpt_1' },
  prompt_cache_retention: '24h',
  safety_identifier: 'x',
  temperature: 0.2,
  top_logprobs: 2,
  top_p: 0.5,
  truncation: 'auto',
  user: 'ada',
  previous_response_id: 'resp_1',
}

describe('a request', () => {
  it.each(Object.entries(omitted))('with %s is refused by that name, or stripped on request', (name, value) => {
    const body = { model: 'm', input: [userMessage], [name]: value }
    expect(shapeRequest(body).refused).toMatchObject([{ path: name }])
    const stripped = shapeRequest(body, { unsupported: 'strip' })
    expect(stripped).toMatchObject({ refused: [], dropped: [{ path: name }] })
    expect(stripped.body).not.toHaveProperty(name)
  })

  it.each([
    ['a stored response', { store: true }, 'store'],
    ['a tool of the service’s own', { tools: [{ type: 'image_generation' }] }, 'tools[0]'],
    ['tool search', { tools: [{ type: 'tool_search' }] }, 'tools[0]'],
    ['programmatic calls', { tools: [{ type: 'programmatic_tool_calling' }] }, 'tools[0]'],
    ['a hosted MCP server', { tools: [{ type: 'mcp', server_url: 'https://x.test' }] }, 'tools[0]'],
    ['an item of another kind', { input: [userMessage, { type: 'agent_message' }] }, 'input[1]'],
    ['sound', { input: [{ role: 'user', content: [{ type: 'input_audio' }] }] }, 'input[0]'],
    ['an uploaded file', { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'f' }] }] }, 'input[0]'],
  ])('with %s is refused where it stands', (_name, more, path) => {
    expect(shapeRequest({ model: 'm', input: [userMessage], ...more }).refused).toMatchObject([{ path }])
  })

  it('becomes a list, stores nothing, streams, and has a developer where others have a system', () => {
    expect(shapeRequest({ model: 'm', input: 'Hello' }).body).toMatchObject({
      store: false,
      stream: true,
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }],
    })
    const system = { role: 'system', content: 'Be brief.' }
    expect(shapeRequest({ model: 'm', input: [system, userMessage], stream: false, temperature: null }).body).toEqual({
      model: 'm',
      store: false,
      stream: true,
      input: [{ role: 'developer', content: 'Be brief.' }, userMessage],
    })
  })

  const weather = { type: 'function', name: 'weather', parameters: {} }
  const call = { type: 'function_call', name: 'weather', call_id: 'c', arguments: '{}' }

  it.each([
    [
      'namespace' as const,
      {
        tools: [{ type: 'namespace', name: 'app', tools: [weather] }, { type: 'web_search' }],
        input: [{ ...call, namespace: 'app' }],
      },
    ],
    [
      'additional_tools' as const,
      {
        tools: [{ type: 'web_search' }],
        input: [{ type: 'additional_tools', role: 'developer', tools: [weather] }, call],
      },
    ],
    ['flat' as const, { tools: [weather, { type: 'web_search' }], input: [call] }],
  ])('packs its tools: %s', (tools, expected) => {
    const body = { model: 'm', input: [call], tools: [weather, { type: 'web_search' }] }
    expect(shapeRequest(body, { tools }).body).toMatchObject(expected)
  })

  it('that is refused is not sent, and the error names the place', async () => {
    const { session, emulator } = await connected()
    emulator.clearLog()
    const fetch = createOpenAIFetch(session)
    const body = JSON.stringify({ model: 'gpt-5.5', input: 'Hello', temperature: 0.2 })
    const answer = await fetch('https://any.test/responses', { method: 'POST', body })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: { param: 'temperature' } })
    expect(emulator.log).toEqual([])
  })
})

describe('an answer', () => {
  it('is rebuilt from its items when the last event brings none', async () => {
    const { session } = await connected()
    const events = await toArray(streamResponse(session, question))
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', data: { response: { output: [] } } })
    const collected = await collectResponse(streamResponse(session, question))
    expect(collected['output']).toMatchObject([{ type: 'message', content: [{ text: 'You said: Hello' }] }])
  })

  it('needs no content type', async () => {
    const completed = { type: 'response.completed', response: { status: 'completed', output: [] } }
    const bytes = new TextEncoder().encode(`data: ${JSON.stringify(completed)}\n\n`)
    const response = new Response(bytes)
    expect(response.headers.get('content-type')).toBeNull()
    expect(await toArray(readResponseEvents(response))).toMatchObject([{ type: 'response.completed' }])
  })

  it('that meets the limit in the middle says so, with the link and without an invented time', async () => {
    const failure = { code: 'subscription_sharing_usage_limit_exceeded', message: 'Limit.' }
    const answers = [{ answer: { items: [{ type: 'text', text: 'Half' } as const], failure } }]
    const { session } = await connected({ scenario: { answers } })
    const error = await caughtAuthError(toArray(streamResponse(session, question)))
    expect(error.code).toBe('ERR_UPSTREAM_USAGE_LIMIT')
    expect(error).not.toHaveProperty('resetsAtMs')
    expect(error.advice).toContain('https://chatgpt.com/settings/usage')
  })

  const delta = { type: 'response.output_text.delta', delta: 'Half' }
  const failed = {
    type: 'response.failed',
    response: { status: 'failed', error: { code: 'server_error', message: '' } },
  }

  it.each<[string, JsonObject[], ErrorCode]>([
    ['fails', [delta, failed], 'ERR_UPSTREAM_RESPONSE_FAILED'],
    ['breaks off', [delta], 'ERR_UPSTREAM_STREAM_CUT'],
  ])('that %s is no success', async (_name, events, code) => {
    const { session, emulator } = await connected()
    const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
    emulator.faults.add({ endpoint: 'responses', status: 200, body, headers: { 'content-type': 'text/event-stream' } })
    expect(await caughtCode(toArray(streamResponse(session, question)))).toBe(code)
    expect(await caughtCode(collectResponse(streamResponse(session, question)))).toBe(code)
  })

  it('that is incomplete says so', async () => {
    const { session, emulator } = await connected()
    const end = { status: 'incomplete', output: [], incomplete_details: { reason: 'max_output_tokens' } }
    const body = `data: ${JSON.stringify({ type: 'response.incomplete', response: end })}\n\n`
    emulator.faults.add({ endpoint: 'responses', status: 200, body, headers: { 'content-type': 'text/event-stream' } })
    expect(await collectResponse(streamResponse(session, question))).toMatchObject({ status: 'incomplete' })
  })

  it('says which provider gave it', async () => {
    const { session } = await connected()
    const fetch = createOpenAIFetch(session)
    const body = JSON.stringify({ model: 'gpt-5.5', input: 'Hello' })
    const answer = await fetch('https://any.test/responses', { method: 'POST', body })
    expect(answer.headers.get('x-planpass-provider')).toBe('siwc')
  })
})

const sharing = 'subscription_sharing_'

describe('an error of the documented list', () => {
  it.each<[number, string | undefined, ErrorCode]>([
    [401, undefined, 'ERR_UPSTREAM_UNAUTHORIZED'],
    [403, undefined, 'ERR_UPSTREAM_REJECTED'],
    [503, undefined, 'ERR_UPSTREAM_UNAVAILABLE'],
    [403, `${sharing}user_not_eligible`, 'ERR_UPSTREAM_REJECTED'],
    [429, `${sharing}usage_limit_exceeded`, 'ERR_UPSTREAM_USAGE_LIMIT'],
    [503, `${sharing}usage_unavailable`, 'ERR_UPSTREAM_UNAVAILABLE'],
    [400, `${sharing}unsupported_capability`, 'ERR_UPSTREAM_REJECTED'],
    [403, `${sharing}route_not_supported`, 'ERR_UPSTREAM_REJECTED'],
    [401, `${sharing}invalid_user`, 'ERR_UPSTREAM_UNAUTHORIZED'],
    [403, 'chatpass_v2_scope_not_authorized', 'ERR_CONFIG_CLIENT'],
    [403, 'chatpass_v2_invalid_authorization_context', 'ERR_CONFIG_CLIENT'],
    [503, `${sharing}user_unavailable`, 'ERR_UPSTREAM_UNAVAILABLE'],
    [429, `${sharing}workplace_individual_usage_limit_exceeded`, 'ERR_UPSTREAM_USAGE_LIMIT'],
    [403, `${sharing}v2_client_not_enabled`, 'ERR_CONFIG_CLIENT'],
    [429, `${sharing}v2_usage_limit_exceeded`, 'ERR_UPSTREAM_USAGE_LIMIT'],
    [404, 'model_not_found', 'ERR_UPSTREAM_MODEL_NOT_AVAILABLE'],
  ])('%i %s is %s', async (status, code, expected) => {
    const body = code === undefined ? { detail: 'Words.' } : { error: { code, message: 'Words.', param: 'tools' } }
    const headers = { 'x-request-id': 'req_0123456789abcdef' }
    const error = await toUpstreamError(Response.json(body, { status, headers }), 0)
    expect(error).toMatchObject({ code: expected, requestId: 'req_0123456789abcdef' })
    // Nobody tells when a limit ends, so nobody is told.
    expect(error).not.toHaveProperty('resetsAtMs')
    expect(error.retryAfterMs).toBeUndefined()
  })

  it.each(['usage_limit_exceeded', 'v2_usage_limit_exceeded', 'workplace_individual_usage_limit_exceeded'])(
    'is known in the middle of a stream as well: %s',
    (name) => {
      expect(toStreamError({ code: sharing + name, message: 'Words.' }, 0).code).toBe('ERR_UPSTREAM_USAGE_LIMIT')
    },
  )

  it('names what is not supported', async () => {
    const body = { error: { code: `${sharing}unsupported_capability`, message: 'No.', param: 'service_tier' } }
    expect(await toUpstreamError(Response.json(body, { status: 400 }), 0)).toMatchObject({ field: 'service_tier' })
  })
})

describe('what the provider keeps to itself', () => {
  it('lists models without naming a version of Codex', async () => {
    const { session, emulator } = await connected()
    emulator.clearLog()
    expect((await readModels(session)).models.length).toBeGreaterThan(0)
    expect(emulator.log).toMatchObject([{ path: '/v1/models', queryKeys: [] }])
  })

  it('is not for general access, unless an approval is stated; the other provider is', async () => {
    const { provider } = siwcLab()
    expect(await caughtCode(() => assertGeneralAccessAllowed(provider))).toBe('ERR_CONFIG_TERMS')
    expect(await caughtCode(() => assertGeneralAccessAllowed(provider, { approval: ' ' }))).toBe('ERR_CONFIG_TERMS')
    expect(assertGeneralAccessAllowed(provider, { approval: 'letter of 2 October 2026' })).toBeUndefined()
    expect(assertGeneralAccessAllowed({ name: 'codex' })).toBeUndefined()
  })

  it('has the client id of Codex nowhere but in the file of the Codex provider', async () => {
    const folder = join(packageFolder, 'src')
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
    const files = paths.map((path) => relative(folder, path))
    const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))
    expect(files.filter((_name, index) => texts[index]?.includes('app_EMoam'))).toEqual(['core/providers/codex.ts'])
  })
})

import { describe, expect, it } from 'vitest'
import { createActions } from '../../src/console/page/create-actions.js'
import { chosenModel } from '../../src/console/page/create-answers.js'
import { createGatewayClient } from '../../src/console/page/gateway-client.js'
import type { PageState } from '../../src/console/page/page-state.js'
import { failure, nowMs, sampleConsole, sampleState } from './sample-state.js'

interface Asked {
  readonly path: string
  readonly method: string
  readonly csrf: string | null
  readonly body: unknown
}

type Answer = (path: string, signal: AbortSignal | null | undefined) => Response | Promise<Response>

/** The actions over a gateway that answers as it is told. */
function actionsOver(answer: Answer, change: Partial<PageState> = {}) {
  let state = sampleState(change)
  const asked: Asked[] = []
  const copied: string[] = []
  const client = createGatewayClient(
    async (path, init) => {
      const headers = new Headers(init.headers)
      const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined
      asked.push({ path, method: init.method ?? 'GET', csrf: headers.get('x-planpass-csrf'), body })
      return answer(path, init.signal)
    },
    () => state.console?.csrf ?? '',
  )
  const actions = createActions({
    client,
    now: () => nowMs,
    read: () => state,
    change: (part) => {
      state = { ...state, ...part }
    },
    copyText: async (text) => void copied.push(text),
    keepLanguage: () => {},
    goTo: () => {},
  })
  return { actions, asked, copied, state: () => state }
}

function refusal(status: number, code: string): Response {
  return Response.json({ error: { code, message: 'No.', advice: 'Do something.' } }, { status })
}

/** A stream that comes byte by byte: no character and no line is safe. */
function streamOf(text: string): Response {
  const body = new ReadableStream({
    start(controller) {
      for (const byte of new TextEncoder().encode(text)) controller.enqueue(Uint8Array.of(byte))
      controller.close()
    },
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}

function eventText(event: object): string {
  return `event: message\r\ndata: ${JSON.stringify(event)}\r\n\r\n`
}

const question = { role: 'user', text: 'Hello' }

describe('the actions of the console', () => {
  it('send every order with the token against forged requests, and questions without it', async () => {
    const { actions, asked } = actionsOver((path) =>
      Response.json(path === '/api/state' ? sampleConsole : { state: 'idle' }),
    )
    await actions.loadState()
    actions.signIn({ profile: 'work' })
    await expect.poll(() => asked.length).toBe(2)
    expect(asked).toEqual([
      { path: '/api/state', method: 'GET', csrf: null, body: undefined },
      { path: '/api/sign-in', method: 'POST', csrf: 'csrf', body: { profile: 'work' } },
    ])
  })

  it('show why something was refused, until something else is asked for', async () => {
    let isWilling = false
    const { actions, state } = actionsOver(() =>
      isWilling ? Response.json({ state: 'idle' }) : refusal(404, 'unknown_profile'),
    )
    actions.useProfile('nobody')
    await expect
      .poll(() => state().failure)
      .toEqual({ code: 'unknown_profile', message: 'No.', advice: 'Do something.' })
    isWilling = true
    actions.cancelSignIn()
    expect(state().failure).toBeUndefined()
  })

  it('lock the page when there is no session, and forget what was shown', async () => {
    const { actions, state } = actionsOver(() => refusal(401, 'console_session_required'))
    await actions.loadState()
    expect(state()).toMatchObject({ connection: 'locked', console: undefined, failure: undefined })
  })

  it.each([
    ['nobody answers', () => Promise.reject(new TypeError('fetch failed')), 'gateway_unreachable'],
    ['something else answers', () => new Response('<h1>Portal</h1>', { status: 502 }), 'http_502'],
  ])('say so when %s', async (_, answer, code) => {
    const { actions, state } = actionsOver(answer)
    await actions.loadState()
    expect(state().failure?.code).toBe(code)
    expect(state().console).toBe(sampleConsole)
  })

  it('ask for as much of the past as is shown, and drop an answer that came too late', async () => {
    const { actions, asked, state } = actionsOver((path) =>
      Response.json({ every: path.includes('every=day') ? 'day' : 'hour', samples: [] }),
    )
    const late = actions.loadHistory()
    actions.showHistory('day')
    await late
    await expect.poll(() => state().history?.every).toBe('day')
    expect(asked.map(({ path }) => path)).toEqual([
      `/api/usage/history?every=hour&since=${nowMs - 2 * 86_400_000}`,
      `/api/usage/history?every=day&since=${nowMs - 30 * 86_400_000}`,
    ])
  })

  it('sign out in the way that was chosen, and show what really happened', async () => {
    const answer = { removed: false, revocation: 'failed', failure }
    const { actions, asked, state } = actionsOver((path) =>
      Response.json(path === '/api/state' ? sampleConsole : answer),
    )
    actions.considerSignOut('default')
    actions.chooseSignOut('revoke')
    actions.confirmSignOut()
    expect(state().signOut).toBeUndefined()
    await expect.poll(() => state().signOutAnswer).toEqual(answer)
    expect(asked[0]).toMatchObject({ path: '/api/sign-out', body: { profile: 'default', how: 'revoke' } })
  })

  it('sign nobody out when the thought is given up', () => {
    const { actions, asked } = actionsOver(() => Response.json({}))
    actions.considerSignOut('default')
    actions.abandonSignOut()
    actions.confirmSignOut()
    expect(asked).toEqual([])
  })

  it('examine once at a time', async () => {
    const { actions, asked, state } = actionsOver(() => Response.json({ findings: [] }))
    actions.examine()
    actions.examine()
    await expect.poll(() => state().doctor).toEqual({ findings: [] })
    expect(asked).toHaveLength(1)
    expect(state().isExamining).toBe(false)
  })

  it('remember what was copied and when', async () => {
    const { actions, copied, state } = actionsOver(() => Response.json({}))
    actions.copy('openai-codex/sol')
    await expect.poll(() => state().copied).toEqual({ text: 'openai-codex/sol', atMs: nowMs })
    expect(copied).toEqual(['openai-codex/sol'])
  })
})

describe('the playground', () => {
  it('puts an answer together however the stream is cut', async () => {
    const text = [
      eventText({ type: 'response.output_text.delta', delta: 'Hel' }),
      eventText({ type: 'response.output_text.delta', delta: 'lo, 世界' }),
      eventText({ type: 'response.completed', response: { usage: { input_tokens: 3, output_tokens: 5 } } }),
      'data: [DONE]\n\n',
    ].join('')
    const { actions, asked, state } = actionsOver(() => streamOf(text))
    actions.ask('Hello')
    await expect.poll(() => state().playground.isAnswering).toBe(false)
    const facts = { model: 'sol', durationMs: 0, inputTokens: 3, outputTokens: 5 }
    expect(state().playground.turns).toEqual([question, { role: 'assistant', text: 'Hello, 世界', facts }])
    const input = [{ role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }]
    expect(asked[0]).toMatchObject({ path: '/v1/responses', csrf: 'csrf', body: { model: 'sol', input, stream: true } })
  })

  it('goes on with the conversation, with the reasoning that was chosen', async () => {
    const { actions, asked, state } = actionsOver(() =>
      streamOf(eventText({ type: 'response.output_text.delta', delta: 'Yes' })),
    )
    actions.chooseEffort('high')
    for (const text of ['One', 'Two']) {
      actions.ask(text)
      await expect.poll(() => state().playground.isAnswering).toBe(false)
    }
    expect(asked[1]?.body).toMatchObject({
      reasoning: { effort: 'high' },
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'One' }] },
        { role: 'assistant', content: [{ type: 'output_text', text: 'Yes' }] },
        { role: 'user', content: [{ type: 'input_text', text: 'Two' }] },
      ],
    })
  })

  it.each([
    ['the request is refused', () => refusal(429, 'ERR_UPSTREAM_USAGE_LIMIT'), 'ERR_UPSTREAM_USAGE_LIMIT'],
    [
      'the response fails',
      () => streamOf(eventText({ type: 'response.failed', response: { error: { code: 'server_error' } } })),
      'server_error',
    ],
    [
      'the stream says that it broke off',
      () => streamOf(eventText({ type: 'error', error: { code: 'cut_off', message: 'Cut off.' } })),
      'cut_off',
    ],
    ['nobody answers', () => Promise.reject(new TypeError('fetch failed')), 'gateway_unreachable'],
  ])('says why there is no answer when %s', async (_, answer, code) => {
    const { actions, state } = actionsOver(answer)
    actions.ask('Hello')
    await expect.poll(() => state().playground.isAnswering).toBe(false)
    expect(state().playground.turns.at(-1)?.failure?.code).toBe(code)
  })

  it('stops when it is told to, which is no failure', async () => {
    const { actions, state } = actionsOver(
      (_, signal) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error))),
    )
    actions.ask('Hello')
    actions.stopAnswer()
    await expect.poll(() => state().playground.isAnswering).toBe(false)
    expect(state().playground.turns).toEqual([question, { role: 'assistant', text: '' }])
  })

  it('asks nothing without a question, and one question at a time', () => {
    const { actions, asked } = actionsOver(() => new Promise(() => {}))
    actions.ask('  ')
    actions.ask('One')
    actions.ask('Two')
    expect(asked).toHaveLength(1)
  })

  it('asks the model that was chosen as long as the plan has it, else the default one', () => {
    const { actions, state } = actionsOver(() => Response.json({}))
    expect(chosenModel(state())).toBe('sol')
    actions.tryModel('luna')
    expect(chosenModel(state())).toBe('luna')
    actions.chooseModel('gone')
    expect(chosenModel(state())).toBe('sol')
    expect(chosenModel({ ...state(), console: undefined })).toBeUndefined()
  })
})

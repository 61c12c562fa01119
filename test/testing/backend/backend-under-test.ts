import { type EmulatedAccount, defaultAccount } from '../../../src/testing/accounts.js'
import { createBackendRoutes } from '../../../src/testing/backend/routes.js'
import { type BackendScenario, defaultScenario } from '../../../src/testing/backend/scenario.js'
import type { EmulatorContext } from '../../../src/testing/context.js'
import { type FaultScript, createFaultScript } from '../../../src/testing/faults.js'
import { type Frame, createFrame } from '../../../src/testing/frame.js'
import { type RequestLog, createRequestLog } from '../../../src/testing/request-log.js'
import type { RuleName } from '../../../src/testing/rules.js'

export const origin = 'https://backend.test'

/** 2026-11-21T00:00:00Z */
export const nowMs = Date.UTC(2026, 10, 21)

/** Another person; a request is hers when its bearer token is `grace`. */
export const grace: EmulatedAccount = { ...defaultAccount, email: 'grace@example.test', accountId: 'account-grace' }

export interface BackendUnderTest {
  readonly context: EmulatorContext
  readonly scenario: BackendScenario
  readonly faults: FaultScript
  readonly log: RequestLog
  readonly frame: Frame
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Response>
  readonly post: (body: unknown, headers?: Record<string, string>) => Promise<Response>
}

/** The backend alone: every bearer token is good, and the clock stands still. */
export function createBackendUnderTest(rulesOff: readonly RuleName[] = []): BackendUnderTest {
  const scenario = { ...defaultScenario }
  const context: EmulatorContext = {
    clock: { now: () => nowMs, sleep: async () => {} },
    isRuleOn: (rule) => !rulesOff.includes(rule),
    authenticate: (request) => {
      const token = request.headers.get('authorization')?.slice('Bearer '.length) ?? ''
      if (token === '') return Response.json({ error: { code: 'missing_token' } }, { status: 401 })
      return { account: token === 'grace' ? grace : defaultAccount, sessionId: 'session' }
    },
    backendOrigin: (request) => new URL(request.url).origin,
  }
  const routes = createBackendRoutes(context, scenario)
  const { clock } = context
  const faults = createFaultScript()
  const log = createRequestLog(clock, 100)
  const authorization = 'Bearer ada'
  return {
    context,
    scenario,
    faults,
    log,
    frame: createFrame({ clock, faults, log }),
    get: async (path, headers) => routes.request(origin + path, { headers: { authorization, ...headers } }),
    post: async (body, headers) =>
      routes.request(`${origin}/backend-api/codex/responses`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', ...headers },
        body: body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
  }
}

/** A body every rule lets through. */
export const acceptedBody = {
  model: 'gpt-5.5',
  instructions: 'Be brief.',
  input: [userMessage('Hello')],
  store: false,
  stream: true,
  include: ['reasoning.encrypted_content'],
}

export function userMessage(text: string) {
  return { type: 'message', role: 'user', content: [{ type: 'input_text', text }] }
}

export type StreamEvent = Record<string, unknown> & { readonly type: string }

export async function readEvents(response: Response): Promise<StreamEvent[]> {
  const blocks = (await response.text()).split('\n\n').filter((block) => block !== '')
  return blocks.map((block) => JSON.parse(/^event: .+\ndata: (.+)$/.exec(block)?.[1] ?? 'null') as StreamEvent)
}

export function eventsOf(events: readonly StreamEvent[], type: string): StreamEvent[] {
  return events.filter((event) => event.type === type)
}

/** The items a stream ended with, as a client would keep them. */
export function doneItems(events: readonly StreamEvent[]): Record<string, unknown>[] {
  return eventsOf(events, 'response.output_item.done').map((event) => event['item'] as Record<string, unknown>)
}

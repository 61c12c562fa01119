import { createOpenAIFetch, type OpenAIFetchOptions } from '../../src/backend/openai-fetch.js'
import type { Fetch, JsonObject } from '../../src/core/index.js'
import type { AnswerItem } from '../../src/testing/index.js'
import { signedIn, type SignedIn, type SignedInOptions } from '../support/signed-in.js'

export const base = 'https://api.openai.com/v1'

/** A request as the backend got it. */
export interface Sent {
  readonly headers: Headers
  readonly body: JsonObject
}

/** A client of the public API in front of an emulator of the ChatGPT backend. */
export async function client(options?: OpenAIFetchOptions, signedInOptions?: SignedInOptions) {
  const sent: Sent[] = []
  const record: Fetch = (input, init) => {
    if (typeof input === 'string' && input.endsWith('/codex/responses')) {
      sent.push({ headers: new Headers(init?.headers), body: JSON.parse(init?.body as string) as JsonObject })
    }
    return world.emulator.fetch(input, init)
  }
  const world: SignedIn = await signedIn({ ...signedInOptions, session: { fetch: record } })
  const fetch = createOpenAIFetch(world.session, { clock: world.clock, ...options })
  const post = (path: string, body: unknown, init: RequestInit = {}) =>
    fetch(`${base}${path}`, { method: 'POST', body: JSON.stringify(body), ...init })
  const answers = (...items: AnswerItem[]) => {
    world.emulator.scenario.answers = [{ answer: { items } }]
  }
  return { ...world, fetch, post, answers, sent }
}

export const json = async (response: Response) => (await response.json()) as JsonObject

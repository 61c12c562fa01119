import { createOpenAIFetch, type BackendSession, type OpenAIFetchOptions } from '../backend/index.js'
import type { Fetch } from '../core/index.js'

/** What the constructor of the `openai` client takes, 6 and 7 alike. */
export interface OpenAIClientOptions {
  /** Stands in for the key that the client insists on, and goes nowhere: the session signs. */
  readonly apiKey: string
  readonly baseURL: string
  readonly fetch: Fetch
  /** Without one the client would look for a key's in the environment. */
  readonly organization: null
  readonly project: null
}

/**
 * Options that let the official `openai` client, or what is built on it, use a ChatGPT plan.
 *
 * ```ts
 * const client = new OpenAI(createOpenAIOptions(session))
 * const answer = await client.responses.create({ model: 'gpt-5.4', input: 'Hello' })
 * ```
 *
 * What the client throws carries our code in its `headers`, as `x-planpass-code`; `findAuthError` makes it the typed error again. The client's
 * own retries may stay as they are: it is told not to retry what cannot help, and waits for nothing longer than a minute.
 *
 * @throws AuthError from the client's calls, never: they are answered as the public API answers
 */
export function createOpenAIOptions(session: BackendSession, options: OpenAIFetchOptions = {}): OpenAIClientOptions {
  return {
    apiKey: 'planpass-signs-requests',
    baseURL: `${session.provider.backendUrl}/codex`,
    fetch: createOpenAIFetch(session, options),
    organization: null,
    project: null,
  }
}

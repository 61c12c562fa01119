import type { ConsoleFailure, csrfHeader, FailureAnswer } from '../../gateway/index.js'

/** The header's name is the gateway's to choose; a page holds no module of it, so the compiler compares the two. */
const csrf: typeof csrfHeader = 'x-planpass-csrf'

/** What the gateway says no with. */
export class GatewayRefusal extends Error {
  override readonly name = 'GatewayRefusal'

  constructor(readonly failure: ConsoleFailure) {
    super(failure.message)
  }
}

export interface GatewayClient {
  /** @throws GatewayRefusal; TypeError when the gateway does not answer */
  get<Answer>(path: string): Promise<Answer>
  /** @throws GatewayRefusal; TypeError when the gateway does not answer */
  post<Answer>(path: string, order: object): Promise<Answer>
  /** An answer that is read as it comes. @throws GatewayRefusal; TypeError when the gateway does not answer */
  stream(path: string, order: object, signal: AbortSignal): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>
}

/** The part of `fetch` that is used. */
type Fetch = (path: string, init: RequestInit) => Promise<Response>

/** Speaks to the gateway that served the page, and to nobody else. `csrfToken` is asked for every order. */
export function createGatewayClient(fetch: Fetch, csrfToken: () => string): GatewayClient {
  async function ask(path: string, init: RequestInit): Promise<Response> {
    const response = await fetch(path, { ...init, credentials: 'same-origin', redirect: 'error', cache: 'no-store' })
    if (!response.ok) throw new GatewayRefusal(await readFailure(response))
    return response
  }

  function order(path: string, body: object, signal?: AbortSignal): Promise<Response> {
    const headers = { 'content-type': 'application/json', [csrf]: csrfToken() }
    return ask(path, { method: 'POST', headers, body: JSON.stringify(body), ...(signal && { signal }) })
  }

  return {
    get: async (path) => readAnswer(await ask(path, {})),
    post: async (path, body) => readAnswer(await order(path, body)),
    async stream(path, body, signal) {
      const response = await order(path, body, signal)
      return response.body ?? new ReadableStream()
    },
  }
}

/** The gateway and the page are of one release, so its answers are what they are said to be. */
async function readAnswer<Answer>(response: Response): Promise<Answer> {
  const answer: Answer = JSON.parse((await response.text()) || '{}')
  return answer
}

/** The API's own answers and those in OpenAI's envelope have the code and the message in the same place. */
async function readFailure(response: Response): Promise<ConsoleFailure> {
  const unknown = { code: `http_${response.status}`, message: response.statusText, advice: null }
  try {
    const { error }: Partial<FailureAnswer> = await response.json()
    return { ...unknown, ...error, code: error?.code ?? unknown.code }
  } catch {
    return unknown
  }
}

/** Answers a request; what the emulator and a listener share. */
type Answer = (request: Request) => Promise<Response>

/** As many as `fetch` follows (Fetch 4.4). */
const redirectLimit = 20

/**
 * A `fetch` that never leaves the process: whatever origin it is asked for, the emulator answers. Like the real one it
 * follows redirects, rejects with the signal's reason, and rejects with a `TypeError` when the connection breaks.
 */
export function createInProcessFetch(answer: Answer): typeof globalThis.fetch {
  return async (input, init) => {
    let request = new Request(input, init)
    for (let redirects = 0; redirects <= redirectLimit; redirects += 1) {
      request.signal.throwIfAborted()
      const again = request.clone()
      const response = await untilAborted(answer(request), request.signal)
      const next = redirectTarget(again, response)
      if (next === undefined) return abortable(response, request.signal)
      if (request.redirect === 'error') throw new TypeError('fetch failed: unexpected redirect')
      if (originOf(next) !== originOf(request))
        throw new TypeError(
          `fetch failed: ${originOf(next)} is out of reach. Pass redirect: 'manual' to see redirects.`,
        )
      request = next
    }
    throw new TypeError('fetch failed: redirect count exceeded')
  }
}

function originOf(request: Request): string {
  return new URL(request.url).origin
}

/** The request a redirect asks for; `undefined` when there is none to follow. */
function redirectTarget(request: Request, response: Response): Request | undefined {
  const location = response.headers.get('location')
  if (request.redirect === 'manual' || location === null || ![301, 302, 303, 307, 308].includes(response.status))
    return undefined
  const url = new URL(location, request.url)
  const keepsMethod = response.status >= 307 || request.method === 'GET' || request.method === 'HEAD'
  if (keepsMethod) return new Request(url, request)
  const headers = new Headers(request.headers)
  headers.delete('content-type')
  return new Request(url, { headers, signal: request.signal, redirect: request.redirect })
}

function untilAborted(answer: Promise<Response>, signal: AbortSignal): Promise<Response> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    const settled = answer.then(resolve, reject)
    void settled.finally(() => signal.removeEventListener('abort', stop))
  })
}

/** The body, too, ends with the signal. */
function abortable(response: Response, signal: AbortSignal): Response {
  if (response.body === null) return response
  return new Response(response.body.pipeThrough(new TransformStream(), { signal }), response)
}

/** An answer whose connection breaks after `text`. */
export function cutResponse(text: string, init?: ResponseInit): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text))
    },
    pull(controller) {
      controller.error(new TypeError('terminated'))
    },
  })
  return new Response(body, init)
}

export function htmlResponse(status: number, headers: Record<string, string> = {}): Response {
  const page = '<!doctype html><html><title>Just a moment...</title></html>'
  return new Response(page, { status, headers: { 'content-type': 'text/html', ...headers } })
}

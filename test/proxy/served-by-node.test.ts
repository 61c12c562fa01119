import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { proxyLab, question } from './proxy-lab.js'

/** The proxy behind a real server, asked over a real socket. */
async function served(options: Parameters<typeof proxyLab>[0] = {}) {
  const lab = await proxyLab(options)
  const server = serve({ fetch: (request) => lab.proxy.responses(request), hostname: '127.0.0.1', port: 0 })
  onTestFinished(async () => {
    const closed = once(server, 'close')
    server.close()
    if ('closeAllConnections' in server) server.closeAllConnections()
    await closed
  })
  if (!server.listening) await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/api/proxy/openai/codex/responses`
  const headers = Object.fromEntries(lab.request('responses').headers)
  const post = (init: RequestInit = {}) =>
    fetch(url, { method: 'POST', headers, body: JSON.stringify(question), ...init })
  return { ...lab, post }
}

describe('a proxy on a Node server', () => {
  it('streams an answer', async () => {
    const { post } = await served()
    const response = await post()
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    expect(await response.text()).toContain('You said: Hello')
  })

  it('refuses a body that is too large, and goes on serving', async () => {
    const { post } = await served({ maximumBodyBytes: 1000 })
    expect((await post({ body: JSON.stringify({ ...question, input: 'x'.repeat(2000) }) })).status).toBe(413)
    expect((await post()).status).toBe(200)
  })

  it('ends the request upstream when the page goes away', async () => {
    const left = vi.fn<() => void>()
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) =>
        controller.enqueue(new TextEncoder().encode('data: {"type":"response.created","response":{}}\n\n')),
      cancel: left,
    })
    const { post } = await served({ upstream: () => new Response(stream) })
    const controller = new AbortController()
    const response = await post({ signal: controller.signal })
    await response.body?.getReader().read()
    controller.abort()
    await vi.waitFor(() => expect(left).toHaveBeenCalledOnce())
  })
})

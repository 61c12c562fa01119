import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/testing/index.js'
import { question } from './gateway-lab.js'
import { withWire, type WiredLab } from './wired-lab.js'

const messages = [{ role: 'user', content: 'Hello' }]
const long = [{ answer: { items: [{ type: 'text' as const, text: 'word '.repeat(1000) }] } }]
const asChat = { input: undefined, messages }

/** What clients ask for, and how an answer ends. */
const kinds = {
  'a stream of Responses': {
    path: '/v1/responses',
    body: { stream: true },
    end: /"type":"response\.completed".*\n\n$/,
  },
  'a whole response': { path: '/v1/responses', body: {}, end: /"status":"completed".*\}$/ },
  'a stream of completions': { path: '/v1/chat/completions', body: { ...asChat, stream: true }, end: /\[DONE\]\n\n$/ },
  'a whole completion': { path: '/v1/chat/completions', body: asChat, end: /"finish_reason":"stop".*\}$/ },
}

const faults: readonly (readonly [string, Omit<Fault, 'endpoint'>, number, string])[] = [
  ['a rate limit', { status: 429, body: { error: { message: 'Slow' } } }, 429, 'ERR_UPSTREAM_RATE_LIMITED'],
  ['an outage', { status: 503 }, 503, 'ERR_UPSTREAM_UNAVAILABLE'],
  [
    'a page of the edge',
    { status: 403, html: '<p>Wait</p>', headers: { 'cf-mitigated': 'challenge' } },
    403,
    'ERR_UPSTREAM_EDGE_BLOCKED',
  ],
  ['a captive portal', { html: '<title>Free Wi-Fi</title>' }, 502, 'ERR_UPSTREAM_BAD_RESPONSE'],
  ['a redirect', { status: 307, headers: { location: 'https://evil.example/' } }, 502, 'ERR_UPSTREAM_REDIRECT'],
  ['a connection that breaks before', { drop: 'before' }, 502, 'ERR_NETWORK_UNREACHABLE'],
]

describe.each(Object.entries(kinds))('%s over a wire', (_kind, { path, body, end }) => {
  const isStream = 'stream' in body
  const ask = (lab: WiredLab, more: object = {}, init: Pick<RequestInit, 'signal'> = {}) =>
    lab.ask(path, { ...question({ ...body, ...more }), ...init })

  it('comes to its end, names what was left out, and is counted', async () => {
    await withWire({}, async (lab) => {
      const answer = await ask(lab, { temperature: 0.5 })
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-type': isStream ? 'text/event-stream; charset=utf-8' : 'application/json',
        'cache-control': 'no-store',
        'x-planpass-provider': 'codex',
        'x-planpass-dropped': 'temperature',
      })
      expect((await answer.text()).replaceAll(/\n(?!\n?$)/g, ' ')).toMatch(end)
      const metrics = await (await lab.ask('/metrics')).text()
      expect(metrics).toMatch(new RegExp(`requests_total\\{path="${path}",status="200",state="done"\\} 1\n`))
      expect(metrics).not.toContain('tokens_total{kind="output"} 0')
      expect(lab.listener.gateway.running).toBe(0)
    })
  })

  it.each(faults)('is an error after %s', async (_name, fault, status, code) => {
    await withWire({}, async (lab) => {
      lab.emulator.faults.add({ endpoint: 'responses', times: 2, ...fault })
      const answer = await ask(lab)
      const told = { status: answer.status, code: answer.headers.get('x-planpass-code') }
      expect(told).toEqual({ status, code })
      expect(await answer.json()).toMatchObject({ error: { code: expect.any(String) } })
      expect(lab.listener.gateway.running).toBe(0)
    })
  })

  it('is never half an answer that looks whole', async () => {
    await withWire({ scenario: { answers: long } }, async (lab) => {
      lab.emulator.faults.add({ endpoint: 'responses', truncateAfterBytes: 5000 })
      const answer = await ask(lab)
      const text = await answer.text()
      expect(answer.status).toBe(isStream ? 200 : 502)
      expect(text).toContain('ERR_UPSTREAM_STREAM_CUT')
      expect(text).not.toMatch(end)
    })
  })

  it('gives its place back when its client leaves', async () => {
    await withWire({}, async (lab) => {
      lab.emulator.faults.add({ endpoint: 'responses', delayMs: 60_000 })
      const leaving = new AbortController()
      const asking = ask(lab, {}, { signal: leaving.signal })
      await expect.poll(() => lab.listener.gateway.running).toBe(1)
      leaving.abort()
      await expect(asking).rejects.toThrow('aborted')
      await expect.poll(() => lab.listener.gateway.running).toBe(0)
    })
  })
})

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { describe, expect, it } from 'vitest'
import { parseLines, withCliLab, type CliLab } from '../support/cli-lab.js'

/** The server on a port, and how to ask it by hand. */
async function listening(lab: CliLab) {
  const server = lab.start(['mcp', '--port', '0', '--json'])
  await server.waitForOutput(/listening/)
  const { address, key } = parseLines(server.printed.stdout)[0] as { address: string; key: string }
  const post = (headers: Record<string, string>, url = address) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    })
  return { server, address, key, post }
}

describe('planpass mcp --port', () => {
  it.each([{}, { versionNegotiation: { mode: { pin: '2026-07-28' } } }])(
    'serves clients that know the key, on the loopback interface: %j',
    async (options) => {
      await withCliLab({}, async (lab) => {
        const { server, address, key } = await listening(lab)
        expect(new URL(address).hostname).toBe('127.0.0.1')
        const client = new Client({ name: 'test', version: '1' }, options)
        const headers = { authorization: `Bearer ${key}` }
        await client.connect(new StreamableHTTPClientTransport(new URL(address), { requestInit: { headers } }))
        const { structuredContent } = await client.callTool({ name: 'chatgpt_auth_start', arguments: {} })
        expect(structuredContent).toMatchObject({ status: 'awaiting_user' })
        await client.close()
        server.interrupt()
        expect(await server.finished).toMatchObject({ exitCode: 0 })
      })
    },
  )

  it('refuses everybody else', async () => {
    await withCliLab({}, async (lab) => {
      const { server, address, key, post } = await listening(lab)
      const authorization = `Bearer ${key}`
      const statuses = [
        (await post({})).status,
        (await post({ authorization: 'Bearer wrong' })).status,
        (await post({ authorization, origin: 'https://evil.example' })).status,
        (await post({ authorization }, address.replace('127.0.0.1', 'localhost'))).status,
        (await post({ authorization }, address.replace('/mcp', '/'))).status,
      ]
      expect(statuses).toEqual([401, 401, 403, 403, 404])
      server.interrupt()
      await server.finished
      await expect(post({ authorization })).rejects.toThrow('fetch failed')
    })
  })

  it('tells people what to do with the two lines', async () => {
    await withCliLab({}, async (lab) => {
      const server = lab.start(['mcp', '--port', '0'])
      await server.waitForOutput(/Ctrl-C stops it/)
      server.interrupt()
      const { stdout } = await server.finished
      expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp\n[\w-]{43}\n$/)
      expect(await lab.run(['mcp', '--port', 'many'])).toMatchObject({ exitCode: 2, stdout: '' })
    })
  })
})

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { collectTurn, type AppServerTransport } from '../../src/app-server/index.js'
import { Secret } from '../../src/core/index.js'
import { caughtAuthError } from '../support/caught.js'
import { createEmulatedSource } from '../support/external-source.js'
import { connectLab, sessionIn } from './app-server-lab.js'
import { withCodexLab, type CodexLab } from './codex-lab.js'

/** An app server that runs already, and where it listens. */
async function startListening(lab: CodexLab, args: readonly string[]): Promise<string> {
  const running = await lab.start(['app-server', ...args])
  const [, address = ''] = await running.waitForOutput(/listening on: (ws:\/\/\S+)/)
  return address
}

const onAnyPort = ['--listen', 'ws://127.0.0.1:0']
const answered = { status: 'completed', text: 'You said: say hi', error: null }

async function say(lab: CodexLab, transport: AppServerTransport) {
  const server = await connectLab(lab, { transport, oauth: { storage: 'memory', session: await sessionIn(lab) } })
  const outcome = await collectTurn(await (await server.startThread()).startTurn('say hi'))
  await server.close()
  return outcome
}

describe('an app server that runs already', () => {
  it('is joined over a websocket, signed in from memory, and lives on when the connection ends', async () => {
    await withCodexLab({}, async (lab) => {
      const address = await startListening(lab, onAnyPort)
      expect(await say(lab, { kind: 'websocket', address })).toEqual(answered)
      expect(await say(lab, { kind: 'websocket', address })).toEqual(answered)
      expect(await lab.home.readAuth()).toBeUndefined()
    })
  })

  it('is joined over a socket file', async () => {
    await withCodexLab({}, async (lab) => {
      const socket = join(lab.home.codexHome, 'the app: server.sock')
      await lab.start(['app-server', '--listen', `unix://${socket}`])
      const transport = { kind: 'websocket', address: `unix:${socket}` } as const
      await vi.waitFor(async () => (await connectLab(lab, { transport })).close(), { timeout: 10_000, interval: 100 })
      expect(await say(lab, transport)).toEqual(answered)
    })
  })

  it('wants its bearer, and says so when it is another', async () => {
    await withCodexLab({}, async (lab) => {
      const hash = createHash('sha256').update('open sesame').digest('hex')
      const auth = ['--ws-auth', 'capability-token', '--ws-token-sha256', hash]
      const address = await startListening(lab, [...onAnyPort, ...auth])
      const joinWith = (bearer: string) =>
        connectLab(lab, { transport: { kind: 'websocket', address, bearer: new Secret(bearer) } })
      const refused = await caughtAuthError(joinWith('open barley'))
      expect(refused).toMatchObject({ code: 'ERR_RPC_REFUSED', message: expect.stringContaining('401') })
      expect(refused.message).not.toContain('barley')
      expect((await joinWith('open sesame')).server.platformFamily).toBe('unix')
    })
  })

  it('takes the tokens of an external source, and asks it for others', async () => {
    await withCodexLab({}, async (lab) => {
      const address = await startListening(lab, onAnyPort)
      const source = await createEmulatedSource(lab.emulator)
      const server = await connectLab(lab, { transport: { kind: 'websocket', address }, externalAuth: source })
      lab.emulator.expireAccessTokens()
      expect(await collectTurn(await (await server.startThread()).startTurn('say hi'))).toEqual(answered)
      expect(source.refreshes).toHaveLength(1)
    })
  })
})

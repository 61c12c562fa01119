import { describe, expect, it } from 'vitest'
import { collectTurn, connectAppServer } from '../../src/app-server/index.js'
import { createMemoryStore, createSession, systemClock } from '../../src/core/index.js'
import { createHostId, createMemoryRegistrations, createSiwcProvider, siwcAppServerEnv } from '../../src/siwc/index.js'
import { signInAs } from '../siwc/siwc-lab.js'
import { labOptions } from './app-server-lab.js'
import { findCodexBinary } from './codex-binary.js'
import { withCodexLab, type CodexLab } from './codex-lab.js'

/** A session of a program that is connected to the lab's emulator. */
async function connectedSession({ listener }: CodexLab) {
  const hostId = createHostId()
  const provider = createSiwcProvider({
    appName: 'Quill',
    registrations: createMemoryRegistrations(),
    hostId: async () => hostId,
    issuer: listener.issuer,
    apiUrl: listener.apiUrl,
  })
  const store = createMemoryStore()
  const visit = async (url: URL) =>
    new URL((await fetch(url, { redirect: 'manual' })).headers.get('location') ?? 'none:')
  await signInAs(provider, { fetch, store, clock: systemClock, visit })
  return createSession({ store, provider })
}

const options = { advertises: 'siwc', autoApprove: true } as const

describe('the released codex on the documented recipe', () => {
  it('answers as an app server, with the plan’s token and at the plan’s endpoint alone', async () => {
    await withCodexLab(options, async (lab) => {
      const { environment, args } = await siwcAppServerEnv(await connectedSession(lab))
      lab.emulator.clearLog()
      const transport = { kind: 'stdio' as const, command: await findCodexBinary(), args: ['app-server', ...args] }
      const server = await connectAppServer(await labOptions(lab, { transport }, environment))
      lab.defer(() => server.close())
      const turn = await (await server.startThread()).startTurn('say hi')
      expect(await collectTurn(turn)).toMatchObject({ status: 'completed', text: 'You said: say hi' })
      const asked = lab.emulator.log.filter(({ endpoint }) => endpoint === 'responses')
      expect(new Set(asked.map(({ path }) => path))).toEqual(new Set(['/v1/responses']))
    })
  })
})

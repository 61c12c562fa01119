import { describe, expect, it } from 'vitest'
import { collectTurn } from '../../src/app-server/index.js'
import { withCodexLab } from './codex-lab.js'
import { connectLab, sessionIn } from './app-server-lab.js'

describe('a connection with a sign-in in memory', () => {
  it('runs a turn', async () => {
    await withCodexLab({}, async (lab) => {
      const session = await sessionIn(lab)
      const server = await connectLab(lab, { oauth: { storage: 'memory', session } })
      const thread = await server.startThread()
      const outcome = await collectTurn(await thread.startTurn('say hi'))
      expect(outcome).toEqual({ status: 'completed', text: 'You said: say hi', error: null })
    })
  })
})

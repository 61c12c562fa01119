import { describe, expect, it } from 'vitest'
import { collectTurn, createCodexProviderFlags, serveCodexAuth } from '../../src/app-server/index.js'
import { bearerTokens, fromFunction, fromSession, type ExternalRefreshContext } from '../../src/core/external.js'
import { Secret } from '../../src/core/index.js'
import { connectLab, sessionIn } from './app-server-lab.js'
import { withCodexLab, type CodexLab } from './codex-lab.js'

const answered = { status: 'completed', text: 'You said: say hi', error: null }

/** A company's own tokens: plain bearers, new ones on demand. */
function createBearers({ emulator }: CodexLab) {
  const contexts: (ExternalRefreshContext | undefined)[] = []
  let current: Secret | undefined
  const auth = fromFunction(async (context) => {
    contexts.push(context)
    if (context || !current) current = new Secret((await emulator.issueTokens()).accessToken)
    return bearerTokens(current)
  })
  return { auth, contexts }
}

describe('a connection with a model provider of the host', () => {
  it('gets its bearer from the host, in each thread, and another one after a 401', async () => {
    await withCodexLab({}, async (lab) => {
      const { auth, contexts } = createBearers(lab)
      const baseUrl = `${lab.listener.backendUrl}/codex`
      const server = await connectLab(lab, { modelProvider: { auth, baseUrl, name: 'Corp' } })
      const say = async () => collectTurn(await (await server.startThread()).startTurn('say hi'))
      expect(await say()).toEqual(answered)
      expect(await say()).toEqual(answered)
      expect(contexts.map((context) => context?.reason)).toEqual([undefined])
      lab.emulator.expireAccessTokens()
      expect(await say()).toEqual(answered)
      expect(contexts.filter((context) => context !== undefined)).toHaveLength(1)
      expect(await lab.home.readAuth()).toBeUndefined()
    })
  })
})

describe('codex exec with the provider of a host', () => {
  it('asks the host for its tokens, one refresh for six processes on an ended token', async () => {
    await withCodexLab({ reuse: 'strict' }, async (lab) => {
      const session = await sessionIn(lab)
      const { accountId = '' } = await session.credential()
      const served = await serveCodexAuth({ auth: fromSession(session) })
      const flags = createCodexProviderFlags({
        auth: served.command,
        baseUrl: `${lab.listener.backendUrl}/codex`,
        headers: { 'ChatGPT-Account-ID': accountId },
      })
      lab.emulator.expireAccessTokens()
      const exec = () => lab.run(['exec', '--skip-git-repo-check', ...flags, 'say hi'])
      const results = await Promise.all(Array.from({ length: 6 }, exec))
      await served.close()
      expect(results.map(({ exitCode, stdout }) => ({ exitCode, stdout }))).toEqual(
        Array.from({ length: 6 }, () => ({ exitCode: 0, stdout: 'You said: say hi\n' })),
      )
      expect(lab.emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0 })
    })
  })
})

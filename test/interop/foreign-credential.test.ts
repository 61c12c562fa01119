import { readdir, readFile, stat } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { createExternalSession } from '../../src/core/external.js'
import { createCodexProvider, createMemoryStore, createSession } from '../../src/core/index.js'
import { borrowCredential, findForeignCredentials, moveCredential } from '../../src/stores/foreign.js'
import { caughtCode } from '../support/caught.js'
import { connectLab } from './app-server-lab.js'
import { withCodexLab, type CodexLab } from './codex-lab.js'

async function findSignIn({ home }: CodexLab) {
  const [found] = await findForeignCredentials({
    variables: { CODEX_HOME: home.codexHome },
    homeFolder: home.homeFolder,
  })
  if (!found) throw new Error('The test needs a sign-in of the Codex CLI.')
  return found
}

describe('the sign-in of the real Codex CLI', () => {
  it('is borrowed without a trace, and again once the CLI has refreshed it', async () => {
    await withCodexLab({ reuse: 'strict' }, async (lab) => {
      await lab.home.writeAuth(await lab.emulator.issueTokens())
      const found = await findSignIn(lab)
      const trace = async () => {
        const { ino, mode, mtimeMs, ctimeMs } = await stat(found.path)
        return { ino, mode, mtimeMs, ctimeMs, text: await readFile(found.path, 'utf8') }
      }
      const before = await trace()
      const session = createExternalSession({
        auth: borrowCredential(found),
        provider: createCodexProvider(lab.listener),
      })
      const use = () => session.fetch(`${lab.listener.backendUrl}/wham/usage`)
      expect((await use()).status).toBe(200)
      lab.emulator.expireAccessTokens()
      expect(await caughtCode(use())).toBe('ERR_TOKEN_EXPIRED')
      expect(await trace()).toEqual(before)
      expect(lab.emulator.counters.requests.token).toBe(0)
      expect((await lab.run(['exec', '--skip-git-repo-check', 'say hi'])).exitCode).toBe(0)
      expect((await use()).status).toBe(200)
    })
  })

  it('is moved: the CLI is signed out, one that runs spends nothing, and the sign-in lives on here', async () => {
    await withCodexLab({ reuse: 'strict' }, async (lab) => {
      await lab.home.writeAuth(await lab.emulator.issueTokens())
      const server = await connectLab(lab)
      await server.account.read()
      const to = createMemoryStore()
      const { notice } = await moveCredential(await findSignIn(lab), to)
      expect(notice).toContain('the Codex CLI is signed out')

      await server.account.read({ refreshToken: true }).catch(() => undefined)
      await server.close()
      expect(lab.emulator.counters.requests.token).toBe(0)
      expect((await lab.run(['login', 'status'])).stderr).toContain('Not logged in')
      expect((await readdir(lab.home.codexHome)).filter((name) => name.startsWith('auth.json'))).toEqual([
        'auth.json.planpass-lock',
      ])
      await createSession({ store: to, provider: createCodexProvider(lab.listener) }).refresh()
      expect(lab.emulator.sessions.map(({ state }) => state)).toEqual(['live'])
    })
  })
})

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { collectTurn, type AppServer, type MemoryOAuth } from '../../src/app-server/index.js'
import { fromFunction } from '../../src/core/external.js'
import { beginSignIn } from '../../src/sign-in/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { createEmulatedSource, toTokens } from '../support/external-source.js'
import { connectLab, readAllFiles, readCommandLines, sessionIn } from './app-server-lab.js'
import { withCodexLab, type CodexLab } from './codex-lab.js'

async function say(server: AppServer, prompt = 'say hi') {
  const thread = await server.startThread()
  return collectTurn(await thread.startTurn(prompt))
}

/** What goes wrong first in a turn; the server would try it five times more. */
async function firstErrorOf(server: AppServer): Promise<string> {
  const thread = await server.startThread()
  const turn = await thread.startTurn('say hi')
  for await (const { method, params } of turn) {
    if (method !== 'error') continue
    await turn.interrupt()
    return `${params.error.message} ${params.error.additionalDetails}`
  }
  throw new Error('Nothing went wrong.')
}

const answered = { status: 'completed', text: 'You said: say hi', error: null }

describe('a connection with a sign-in in the memory of its host', () => {
  it('runs a turn, and after a 401 another with a token from the session', async () => {
    await withCodexLab({ reuse: 'strict' }, async (lab) => {
      const session = await sessionIn(lab)
      const server = await connectLab(lab, { oauth: { storage: 'memory', session } })
      expect((await server.account.read()).account).toMatchObject({ type: 'chatgpt', email: 'ada@example.test' })
      expect(await say(server)).toEqual(answered)
      lab.emulator.expireAccessTokens()
      expect(await say(server)).toEqual(answered)
      expect(lab.emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0 })
    })
  })

  it('leaves no token in a file of the child or in the process table', async () => {
    await withCodexLab({}, async (lab) => {
      const session = await sessionIn(lab)
      const server = await connectLab(lab, { oauth: { storage: 'memory', session } })
      const first = await session.accessToken()
      lab.emulator.expireAccessTokens()
      expect(await say(server)).toEqual(answered)
      const second = await session.accessToken()
      const { refreshToken } = await session.credential()
      const traces = (await readAllFiles(join(lab.home.codexHome, '..'))) + (await readCommandLines())
      expect(traces).toContain('ephemeral')
      for (const secret of [first, second, refreshToken]) expect(traces).not.toContain(secret?.reveal().slice(-40))
      expect(await lab.home.readAuth()).toBeUndefined()
    })
  })

  it('signs in anew into memory, where the person says so', async () => {
    await withCodexLab({}, async (lab) => {
      const server = await connectLab(lab, { oauth: { storage: 'memory', signIn: approveAtOnce(lab) } })
      expect(await say(server)).toEqual(answered)
      expect(await lab.home.readAuth()).toBeUndefined()
    })
  })

  it('does not touch a sign-in that lies in the home of the child', async () => {
    await withCodexLab({}, async (lab) => {
      await lab.home.writeAuth(await lab.emulator.issueTokens())
      const before = await lab.home.readAuth()
      const server = await connectLab(lab, { oauth: { storage: 'memory', session: await sessionIn(lab) } })
      expect(await say(server)).toEqual(answered)
      await server.account.logout()
      expect((await server.account.read()).account).toBeNull()
      expect(await lab.home.readAuth()).toEqual(before)
      expect(lab.emulator.sessions.map(({ state }) => state)).toEqual(['live', 'live'])
    })
  })

  it('is answered by the host itself when it asks for that', async () => {
    await withCodexLab({}, async (lab) => {
      const session = await sessionIn(lab)
      const asked: unknown[] = []
      const server = await connectLab(lab, {
        oauth: { storage: 'memory', session, autoRefresh: false },
        handlers: {
          'account/chatgptAuthTokens/refresh': async (params) => {
            asked.push(params)
            const { accessToken, accountId = '' } = await session.refresh()
            return { accessToken: accessToken.reveal(), chatgptAccountId: accountId, chatgptPlanType: null }
          },
        },
      })
      lab.emulator.expireAccessTokens()
      expect(await say(server)).toEqual(answered)
      expect(asked[0]).toEqual({ reason: 'unauthorized', previousAccountId: 'account-emulated-1' })
    })
  })

  it('is told that nobody answers, when the host does not', async () => {
    await withCodexLab({}, async (lab) => {
      const oauth: MemoryOAuth = { storage: 'memory', session: await sessionIn(lab), autoRefresh: false }
      const server = await connectLab(lab, { oauth })
      lab.emulator.expireAccessTokens()
      expect(await firstErrorOf(server)).toContain('code=-32601')
    })
  })
})

describe('a connection with tokens of an external source', () => {
  it('refuses a refreshed token of another account', async () => {
    await withCodexLab({}, async (lab) => {
      const source = await createEmulatedSource(lab.emulator)
      const server = await connectLab(lab, { externalAuth: source })
      const grace = { ...lab.emulator.accounts[0]!, accountId: 'account-of-grace' }
      source.renewed = toTokens(await lab.emulator.issueTokens(grace))
      lab.emulator.expireAccessTokens()
      expect(await firstErrorOf(server)).toContain('code=-32000')
      expect((await server.account.read()).workspaceRouting?.chatgptAccountId).toBe('account-emulated-1')
    })
  })

  it('completes a turn though a refresh takes longer than a request of the server may', async () => {
    await withCodexLab({}, async (lab) => {
      const source = await createEmulatedSource(lab.emulator)
      const slowly = fromFunction(async (context) => {
        if (!context) return (await source.resolve())!
        await setTimeout(1500)
        return source.refresh(context)
      })
      const server = await connectLab(lab, { externalAuth: slowly, refreshPatienceMs: 500 })
      lab.emulator.expireAccessTokens()
      expect(await say(server)).toEqual(answered)
      expect(source.refreshes).toHaveLength(1)
    })
  })
})

/** A person who approves the code as soon as it is shown. */
function approveAtOnce({ emulator }: CodexLab): Extract<MemoryOAuth, { signIn: unknown }>['signIn'] {
  return async (place) => {
    const pending = beginSignIn(place)
    emulator.approve((await pending.openDeviceDoor()).userCode)
    await pending.awaitSignIn()
  }
}

describe('a connection with a sign-in in the home of the child', () => {
  it.each(['file', 'auto'] as const)(
    'signs in before the child starts, which then refreshes by itself (%s)',
    async (storage) => {
      await withCodexLab({ reuse: 'strict' }, async (lab) => {
        const server = await connectLab(lab, { oauth: { storage, signIn: approveAtOnce(lab) } })
        expect(await say(server)).toEqual(answered)
        lab.emulator.expireAccessTokens()
        expect(await say(server)).toEqual(answered)
        expect(lab.emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0 })
        expect((await lab.home.readAuth())?.auth_mode).toBe('chatgpt')
      })
    },
  )

  it('uses a sign-in that lies there, and asks nobody', async () => {
    await withCodexLab({}, async (lab) => {
      await lab.home.writeAuth(await lab.emulator.issueTokens())
      const server = await connectLab(lab, { oauth: { storage: 'file' } })
      expect(await say(server)).toEqual(answered)
    })
  })

  it('is not started when nobody is signed in and the host has no way to sign in', async () => {
    await withCodexLab({}, async (lab) => {
      const { message, code } = await caughtAuthError(connectLab(lab, { oauth: {} }))
      expect(code).toBe('ERR_SIGN_IN_REQUIRED')
      expect(message).toContain(lab.home.codexHome)
    })
  })

  it('refuses a workspace that the configuration forbids, and leaves the file that the child would delete', async () => {
    await withCodexLab({}, async (lab) => {
      await lab.home.writeAuth(await lab.emulator.issueTokens())
      const before = await lab.home.readAuth()
      await lab.home.configure('forced_chatgpt_workspace_id = "account-of-work"')
      expect(await caughtCode(connectLab(lab, { oauth: {} }))).toBe('ERR_SIGN_IN_NOT_ALLOWED')
      expect(await lab.home.readAuth()).toEqual(before)
    })
  })

  it('is not sent elsewhere by the configuration of a project, trusted or not', async () => {
    await withCodexLab({}, async (lab) => {
      const folder = join(lab.home.workFolder, '.codex')
      await mkdir(folder)
      const elsewhere = 'https://elsewhere.example/backend-api'
      const lines = [
        `chatgpt_base_url = "${elsewhere}"`,
        `openai_base_url = "${elsewhere}/codex"`,
        'auth_issuer = "https://elsewhere.example"',
        'model = "gpt-5.5"',
      ]
      await writeFile(join(folder, 'config.toml'), lines.join('\n'))
      const trust = `\n[projects."${lab.home.workFolder}"]\ntrust_level = "trusted"\n`
      await writeFile(join(lab.home.codexHome, 'config.toml'), trust, { flag: 'a' })
      const server = await connectLab(lab, { oauth: { signIn: approveAtOnce(lab) } })
      expect((await server.startThread()).started.model).toBe('gpt-5.5')
      expect(await say(server)).toEqual(answered)
      expect(lab.proxy.targets).toEqual([])
    })
  })
})

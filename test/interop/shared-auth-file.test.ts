import { join } from 'node:path'
import { open } from 'node:fs/promises'
import { describe, expect, it, vi } from 'vitest'
import {
  createCodexProvider,
  createSession,
  isAuthError,
  systemClock,
  type AuthError,
  type Session,
} from '../../src/core/index.js'
import { createCodexStore } from '../../src/stores/codex.js'
import { loadFlock } from '../../src/stores/flock.js'
import type { ReuseMode } from '../../src/testing/index.js'
import { printTable } from '../processes/print-table.js'
import { caughtAuthError } from '../support/caught.js'
import { withCodexLab, type CodexLab } from './codex-lab.js'

type Program = 'planpass' | 'codex'

function openSession({ home, listener }: CodexLab, yieldMs?: number, through = fetch): Session {
  const store = createCodexStore({ codexHome: home.codexHome, mode: 'file', ...(yieldMs !== undefined && { yieldMs }) })
  return createSession({ store, provider: createCodexProvider(listener), fetch: through })
}

async function usePlanpass(session: Session, { listener }: CodexLab): Promise<boolean> {
  const response = await session.fetch(`${listener.backendUrl}/wham/usage`)
  await response.body?.cancel()
  return response.ok
}

async function useCodex({ run }: CodexLab): Promise<boolean> {
  const { exitCode, stdout } = await run(['exec', '--skip-git-repo-check', 'say hi'])
  return exitCode === 0 && stdout === 'You said: say hi\n'
}

async function signIn({ home, emulator }: CodexLab): Promise<void> {
  await home.writeAuth(await emulator.issueTokens())
}

function isSignInAlive({ emulator }: CodexLab): boolean {
  return emulator.sessions.at(-1)?.state === 'live'
}

/** What became of the refreshes that this program asked for. */
function refreshesOf({ emulator }: CodexLab, program: Program): (string | undefined)[] {
  return emulator.log
    .filter(({ grantType }) => grantType === 'refresh_token')
    .filter(({ headers }) => (headers['originator'] === 'planpass') === (program === 'planpass'))
    .map(({ outcome }) => outcome)
}

function tallyOf(lab: CodexLab, program: Program, answers: readonly boolean[]) {
  const outcomes = refreshesOf(lab, program)
  const count = (wanted: string) => outcomes.filter((outcome) => outcome === wanted).length
  const [refreshed, reused] = [count('refresh:ok'), count('refresh:reused')]
  return {
    program,
    uses: answers.length,
    answered: answers.filter(Boolean).length,
    refreshed,
    reused,
    refused: outcomes.length - refreshed - reused,
  }
}

/** Both issuers at once, each with a lab of its own, and one table of what happened. */
async function atBothIssuers<Tallies extends object>(
  title: string,
  run: (lab: CodexLab) => Promise<readonly Tallies[]>,
): Promise<void> {
  const issuers: readonly ReuseMode[] = ['strict', 'soft']
  const rows = await Promise.all(
    issuers.map(async (reuse) => {
      const tallies: object[] = []
      await withCodexLab({ reuse, logLimit: 10_000 }, async (lab) => {
        await signIn(lab)
        tallies.push(...(await run(lab)))
      })
      return tallies.map((tally) => ({ issuer: reuse, ...tally }))
    }),
  )
  printTable(title, rows.flat())
}

/** What lies in the file refreshes, and answers to both. */
async function expectAlive(lab: CodexLab): Promise<void> {
  await openSession(lab, 0).refresh()
  expect(isSignInAlive(lab)).toBe(true)
  expect(await useCodex(lab)).toBe(true)
}

describe('one auth.json between planpass and the Codex CLI', () => {
  it('outlives 200 uses in turn, each with a token that the server has just let expire', { timeout: 180_000 }, () =>
    atBothIssuers('200 uses in turn', async (lab) => {
      const longLived = openSession(lab, 20)
      const planpass: boolean[] = []
      const codex: boolean[] = []
      for (let round = 0; round < 100; round += 1) {
        lab.emulator.expireAccessTokens()
        planpass.push(await usePlanpass(round % 2 === 0 ? longLived : openSession(lab, 20), lab))
        lab.emulator.expireAccessTokens()
        codex.push(await useCodex(lab))
      }
      const tallies = [tallyOf(lab, 'planpass', planpass), tallyOf(lab, 'codex', codex)]
      expect(tallies).toEqual([
        { program: 'planpass', uses: 100, answered: 100, refreshed: 100, reused: 0, refused: 0 },
        { program: 'codex', uses: 100, answered: 100, refreshed: 100, reused: 0, refused: 0 },
      ])
      await expectAlive(lab)
      return tallies
    }),
  )

  // The CLI may spend a token that planpass has just spent: nothing can stop it. Such a loss is its own, and is told as one.
  it('is never lost by planpass in 40 uses at the same time', { timeout: 180_000 }, () =>
    atBothIssuers('40 uses at the same time', async (lab) => {
      const planpass: boolean[] = []
      const codex: boolean[] = []
      const losses: AuthError[] = []
      for (let round = 0; round < 20; round += 1) {
        lab.emulator.expireAccessTokens()
        const [mine, theirs] = await Promise.all([
          usePlanpass(openSession(lab), lab).catch(isRefused),
          systemClock.sleep((round % 5) * 300).then(() => useCodex(lab)),
        ])
        planpass.push(mine)
        codex.push(theirs)
        if (isSignInAlive(lab)) continue
        losses.push(await caughtAuthError(openSession(lab, 0).refresh()))
        await signIn(lab)
      }
      const tallies = [tallyOf(lab, 'planpass', planpass), tallyOf(lab, 'codex', codex)]
      expect(tallies[0]).toMatchObject({ reused: 0 })
      expect(losses).toEqual(losses.map(() => expect.objectContaining(namesTheCulprit)))
      expect(planpass.filter((isAnswered) => !isAnswered).length).toBeLessThanOrEqual(losses.length)
      await expectAlive(lab)
      return tallies.map((tally) => ({ ...tally, 'sign-ins lost': tally.program === 'codex' ? losses.length : 0 }))
    }),
  )

  it('says in words what happened when the CLI spent a token that planpass was exchanging', async () => {
    await withCodexLab({ reuse: 'strict' }, async (lab) => {
      await signIn(lab)
      const [codexIsDone, release] = gate()
      const withLateAnswer: typeof fetch = async (input, init) => {
        const response = await fetch(input, init)
        if (response.url.endsWith('/oauth/token')) await codexIsDone
        return response
      }
      lab.emulator.expireAccessTokens()
      const using = usePlanpass(openSession(lab, 0, withLateAnswer), lab)
      await vi.waitUntil(() => refreshesOf(lab, 'planpass').includes('refresh:ok'), { timeout: 10_000 })
      await useCodex(lab)
      release()
      await using.catch(isRefused)
      expect(refreshesOf(lab, 'codex')[0]).toBe('refresh:reused')
      const error = await caughtAuthError(openSession(lab, 0).refresh())
      expect(error).toMatchObject(namesTheCulprit)
      expect(error.message).toContain(join(lab.home.codexHome, 'auth.json'))
    })
  })
})

const namesTheCulprit = {
  remedy: 'sign-in',
  message: expect.stringMatching(
    /planpass uses each token once; the Codex CLI, .* refreshes without waiting for anybody/,
  ),
}

/** A promise, and what resolves it. */
function gate(): [opened: Promise<void>, open: () => void] {
  const opener = new AbortController()
  const opened = new Promise<void>((resolve) => {
    opener.signal.addEventListener('abort', () => resolve())
  })
  return [opened, () => opener.abort()]
}

function isRefused(error: unknown): false {
  if (isAuthError(error)) return false
  throw error
}

describe('the locks of the Codex CLI', () => {
  it.each(['auth.lock', 'auth.json.lock'])('are the ones planpass takes: with %s held the CLI waits', async (name) => {
    await withCodexLab({}, async (lab) => {
      await signIn(lab)
      const before = await lab.home.readAuth()
      lab.emulator.expireAccessTokens()
      const lock = await open(join(lab.home.codexHome, name), 'a', 0o600)
      expect((await loadFlock()).tryLock(lock.fd)).toBe(true)
      const using = useCodex(lab)
      await vi.waitUntil(() => lab.emulator.counters.refresh.ok === 1, { timeout: 10_000 })
      const first = await Promise.race([using, new Promise((resolve) => setTimeout(() => resolve('waiting'), 700))])
      expect(first).toBe('waiting')
      expect(await lab.home.readAuth()).toEqual(before)
      await lock.close()
      expect(await using).toBe(true)
      expect(await lab.home.readAuth()).not.toEqual(before)
    })
  })
})

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/core/index.js'
import { parseLines, withCliLab, type CliLab } from '../support/cli-lab.js'

const parse = ({ stdout }: { readonly stdout: string }) => JSON.parse(stdout) as Record<string, unknown>

describe('planpass skill', () => {
  it('walks through a sign-in with one JSON object a call', async () => {
    await withCliLab({}, async ({ run, emulator, clock }) => {
      expect(parse(await run(['skill', 'status']))).toMatchObject({ ok: true, connected: false })
      const started = parse(await run(['skill', 'start']))
      expect(started).toMatchObject({ ok: true, status: 'pending' })
      emulator.approve(String(started['user_code']))
      await clock.sleep(2000)
      expect(parse(await run(['skill', 'poll', String(started['pending_id'])]))).toMatchObject({ status: 'connected' })
      expect(parse(await run(['skill', 'models', '--force']))).toMatchObject({ ok: true, source: 'api' })
      expect(parse(await run(['skill', 'usage']))).toMatchObject({ ok: true, source: 'cache' })
      expect(parse(await run(['skill', 'refresh']))).toMatchObject({ ok: true, status: 'refreshed' })
      expect(parse(await run(['skill', 'start']))).toMatchObject({ ok: true, status: 'connected' })
      expect(parse(await run(['skill', 'start', '--switch-account']))).toMatchObject({ status: 'pending' })
      expect(parse(await run(['skill', 'logout']))).toMatchObject({ status: 'disconnected', revocation: 'revoked' })
    })
  })

  it('is the same sign-in as that of the other commands', async () => {
    await withCliLab({}, async ({ run, signIn }) => {
      await signIn()
      expect(parse(await run(['skill', 'status']))).toMatchObject({ connected: true, email: 'a***@example.test' })
      await run(['skill', 'logout'])
      expect((await run(['status'])).exitCode).toBe(3)
    })
  })

  it('fails with an object, nothing on stderr, and the exit code 3', async () => {
    await withCliLab({}, async ({ run }) => {
      const failed = await run(['skill', 'poll'])
      expect(failed).toMatchObject({ exitCode: 3, stderr: '' })
      expect(parse(failed)).toMatchObject({ ok: false, code: 'unknown_flow', hint: expect.any(String) })
      const elsewhere = await run(['skill', 'status', '--issuer', 'http://example.test'])
      expect(parse(elsewhere)).toMatchObject({ ok: false, code: 'configuration' })
    })
  })

  it.each([['reveal'], [], ['status', 'x'], ['poll', 'x', 'y']])(
    'takes none but the seven functions: %j',
    async (...given) => {
      await withCliLab({}, async ({ run }) => {
        const refused = await run(['skill', ...given])
        expect(refused.exitCode).toBe(2)
        expect(parse(refused)).toMatchObject({
          ok: false,
          code: 'usage',
          hint: expect.stringContaining('status, start'),
        })
      })
    },
  )
})

/** Approves what a started flow shows, and waits the interval of the issuer out. */
async function approve(lab: CliLab, started: Record<string, unknown>): Promise<void> {
  lab.emulator.approve(String(started['user_code']))
  await systemClock.sleep(1100)
}

describe('processes that race', () => {
  it('start one sign-in, finish it once, and refresh without losing it', async () => {
    await withCliLab({ clock: systemClock }, async (lab) => {
      const all = (...argv: string[]) => Promise.all([1, 2, 3].map(() => lab.runProcess(['skill', ...argv])))
      const started = (await all('start')).map(parse)
      expect(new Set(started.map((result) => result['user_code'])).size).toBe(1)
      expect(lab.emulator.counters.requests['device-user-code']).toBe(1)

      await approve(lab, started[0] ?? {})
      const polled = (await all('poll')).map(parse)
      expect(polled.map((result) => result['status'])).toEqual(['connected', 'connected', 'connected'])
      expect(lab.emulator.sessions).toHaveLength(1)

      const refreshed = (await all('refresh')).map(parse)
      expect(refreshed.map((result) => result['ok'])).toEqual([true, true, true])
      expect(lab.emulator.counters.refresh.reused).toBe(0)
      expect(parse(await lab.run(['skill', 'models', '--force']))).toMatchObject({ ok: true, source: 'api' })
    })
  })

  it('lose nothing when one is killed between the approval and the storage', async () => {
    await withCliLab({ clock: systemClock }, async (lab) => {
      const started = parse(await lab.runProcess(['skill', 'start']))
      await approve(lab, started)
      const fault = lab.emulator.faults.add({ endpoint: 'token', delayMs: 20_000, drop: 'before' })
      const killed = lab.startProcess(['skill', 'poll'])
      await vi.waitFor(() => expect(fault.hits).toBe(1), 10_000)
      killed.stop('SIGKILL')
      await killed.finished
      fault.remove()
      const { mode } = await stat(join(lab.home, 'default/auth.sign-in.json'))
      expect(mode & 0o777).toBe(0o600)
      expect(parse(await lab.runProcess(['skill', 'poll']))).toMatchObject({ ok: true, status: 'connected' })
    })
  })
})

describe('planpass models --watch', () => {
  it('prints the list when somebody signs in or out, in whatever process', async () => {
    await withCliLab({}, async (lab) => {
      const watching = lab.start(['models', '--watch', '--json'])
      await watching.waitForOutput(/"reason":"signed_out","models":\[\]/)
      await lab.signIn()
      await watching.waitForOutput(/"reason":"signed_in","models":\["gpt-/)
      await lab.run(['logout'])
      await watching.waitForOutput(/signed_in.*\n.*"reason":"signed_out"/)
      lab.emulator.scenario.models = lab.emulator.scenario.models.slice(0, 1)
      await lab.signIn()
      watching.interrupt()
      const { exitCode, stdout } = await watching.finished
      expect(exitCode).toBe(0)
      expect(parseLines(stdout).every(({ event }) => event === 'models')).toBe(true)
    })
  })
})

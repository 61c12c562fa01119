import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseLines, printedUserCode, withCliLab, type CliLab } from '../support/cli-lab.js'

async function readJson(lab: CliLab, argv: readonly string[]) {
  const { exitCode, stdout, stderr } = await lab.run([...argv, '--json'])
  return { exitCode, json: parseLines(stdout)[0], stderr }
}

/** Nothing listens there. */
const offline = { environment: { PLANPASS_ISSUER: 'http://127.0.0.1:9' } }

describe('planpass forget', () => {
  it('forgets here, asks nobody, and says what it did not do', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      lab.emulator.clearLog()
      const { exitCode, stdout, stderr } = await lab.run(['forget'])
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' })
      expect(stderr).toMatch(/^Forgotten here\. The server was not asked/)
      expect(existsSync(lab.authFile)).toBe(false)
      expect(lab.emulator.log).toEqual([])
      expect(lab.emulator.sessions.map(({ state }) => state)).toEqual(['live'])
    })
  })

  it('says whether there was anything to forget', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      expect(await readJson(lab, ['forget'])).toEqual({ exitCode: 0, json: { removed: true }, stderr: '' })
      expect(await readJson(lab, ['forget'])).toEqual({ exitCode: 0, json: { removed: false }, stderr: '' })
      expect((await lab.run(['forget'])).stderr).toBe('Nobody was signed in.\n')
    })
  })
})

describe('planpass revoke', () => {
  it('ends the session at the server, and forgets it', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const { exitCode, stderr } = await lab.run(['revoke'])
      expect(exitCode).toBe(0)
      expect(stderr).toMatch(/^Revoked: /)
      expect(lab.emulator.sessions.map(({ state }) => state)).toEqual(['revoked'])
      expect(existsSync(lab.authFile)).toBe(false)
    })
  })

  it.each([
    ['answers 500', { status: 500 }, 6, 'ERR_UPSTREAM_UNAVAILABLE'],
    ['cannot be reached', { drop: 'before' as const }, 5, 'ERR_NETWORK_UNREACHABLE'],
  ])('keeps the session to try again when the server %s', async (_, fault, exitCode, reason) => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      lab.emulator.faults.add({ endpoint: 'revoke', times: 2, ...fault })
      expect(await readJson(lab, ['revoke'])).toEqual({
        exitCode,
        json: { removed: false, revocation: 'failed', reason },
        stderr: '',
      })
      const refused = await lab.run(['revoke'])
      expect(refused).toMatchObject({ exitCode, stdout: '' })
      expect(refused.stderr).toContain('kept here')
      expect(refused.stderr).toContain(reason)
      expect(await lab.run(['status'])).toMatchObject({ exitCode: 0 })
      expect(await readJson(lab, ['revoke'])).toMatchObject({ exitCode: 0, json: { revocation: 'revoked' } })
    })
  })

  it('has nothing to do when nobody is signed in', async () => {
    await withCliLab({}, async (lab) => {
      expect(await lab.run(['revoke'])).toEqual({ exitCode: 0, stdout: '', stderr: 'Nobody was signed in.\n' })
    })
  })
})

describe('planpass logout without a network', () => {
  it('removes the sign-in all the same, and says that the server did not hear of it', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const document = await lab.readAuth()
      expect(document.tokens['oauth_provenance']).toMatchObject({ issuer: lab.issuer })
      lab.emulator.faults.add({ endpoint: 'revoke', drop: 'before' })
      const { exitCode, json } = await readJson(lab, ['logout'])
      expect({ exitCode, json }).toEqual({
        exitCode: 0,
        json: { removed: true, revocation: 'failed', reason: 'ERR_NETWORK_UNREACHABLE' },
      })
      expect(existsSync(lab.authFile)).toBe(false)
    })
  })

  it('leaves nothing to do for the other verbs', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      await lab.run(['logout'])
      expect(await lab.run(['forget'], offline)).toMatchObject({ exitCode: 0 })
      expect(await lab.run(['revoke'], offline)).toMatchObject({ exitCode: 0 })
    })
  })
})

describe('a sign-out of a profile that shares the sign-in of the Codex CLI', () => {
  it.each(['logout', 'forget', 'revoke'])('says that the CLI is signed out as well: %s', async (verb) => {
    await withCliLab({}, async (lab) => {
      const environment = { CODEX_HOME: join(lab.home, '.codex-cli') }
      const login = lab.start(['login', '--device', '--json', '--storage', 'codex'], { environment })
      const [, userCode = ''] = await login.waitForOutput(printedUserCode)
      lab.emulator.approve(userCode)
      await login.finished
      const { stderr } = await lab.run([verb], { environment })
      expect(stderr).toContain(' The Codex CLI shared this sign-in, and is signed out too.\n')
      expect(await lab.run([verb], { environment })).toMatchObject({ stderr: 'Nobody was signed in.\n' })
    })
  })
})

describe('a sign-in that an agent began', () => {
  it.each(['logout', 'forget', 'revoke'])('ends with planpass %s, also when nobody was signed in', async (verb) => {
    await withCliLab({}, async (lab) => {
      const started = JSON.parse((await lab.run(['skill', 'start'])).stdout) as Record<
        'pending_id' | 'user_code',
        string
      >
      await lab.run([verb])
      lab.emulator.approve(started.user_code)
      const polled = JSON.parse((await lab.run(['skill', 'poll', started.pending_id])).stdout) as { ok: boolean }
      expect(polled.ok).toBe(false)
      expect(await lab.run(['status'])).toMatchObject({ exitCode: 3 })
    })
  })
})

import { describe, expect, it } from 'vitest'
import { parseLines, withCliLab } from '../support/cli-lab.js'
import { expectFailure } from '../support/expect-failure.js'

describe('a personal access token in CODEX_ACCESS_TOKEN', () => {
  it('asks the backend in place of the profile, and says so on every result', async () => {
    await withCliLab({}, async (lab) => {
      const environment = { ...lab.environment, CODEX_ACCESS_TOKEN: ` ${lab.emulator.issuePersonalAccessToken()}\n` }
      for (const argv of [['models'], ['usage'], ['ask', 'Why?']]) {
        const { exitCode, stdout } = await lab.run([...argv, '--json'], { environment })
        expect(exitCode).toBe(0)
        expect(parseLines(stdout).at(-1)).toMatchObject({ mode: 'personalAccessToken' })
      }
      expect(lab.emulator.counters.refresh.ok).toBe(0)
    })
  })

  it('is mentioned by status, which still tells of the profile', async () => {
    await withCliLab({}, async (lab) => {
      const environment = { ...lab.environment, CODEX_ACCESS_TOKEN: 'at-anything' }
      const { exitCode, stdout, stderr } = await lab.run(['status', '--json'], { environment })
      expect({ exitCode, state: parseLines(stdout).at(0)?.['state'] }).toEqual({ exitCode: 3, state: 'absent' })
      expect(stderr).toContain('CODEX_ACCESS_TOKEN is set')
    })
  })

  it('does not fall back to the profile when it is refused', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      lab.emulator.clearLog()
      const environment = { ...lab.environment, CODEX_ACCESS_TOKEN: 'at-nobody-knows-this-one' }
      const refused = await lab.run(['usage'], { environment })
      expectFailure(refused, 6, 'ERR_UPSTREAM_UNAUTHORIZED')
      expect(lab.emulator.log.map(({ endpoint }) => endpoint)).toEqual(['whoami'])
    })
  })
})

import { describe, expect, it } from 'vitest'
import { withCliLab } from '../support/cli-lab.js'
import { findLeaks } from '../support/leaks.js'

const secret = 'rt_an-example-of-a-secret-token'
const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3NjcyMjkyMDB9.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg'

function leaksOf(argv: readonly string[], stdout: string, stderr: string) {
  return findLeaks([{ argv, transcript: { stdout, stderr } }], [secret, jwt])
}

describe('the canary of the command line suite', () => {
  it('is shown every kind of secret the emulator hands out', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      expect(lab.secrets.size).toBe(6)
      await lab.run(['refresh'])
      const { tokens } = await lab.readAuth()
      for (const name of ['id_token', 'access_token', 'refresh_token']) expect(lab.secrets).toContain(tokens[name])
      expect(lab.secrets.size).toBe(9)
    })
  })

  it.each([
    ['a whole token', secret],
    ['the beginning of one', secret.slice(0, -4)],
    ['the claims of a JWT', jwt.split('.')[1] ?? ''],
    ['a stretch of a JWT', jwt.slice(30, 80)],
  ])('sings at %s, on either stream', (_, text) => {
    expect(leaksOf(['status'], `plan ${text}`, '')).not.toEqual([])
    expect(leaksOf(['status'], '', `because ${text}`)).not.toEqual([])
  })

  it('lets nothing but the stdout of `planpass token` hold one', () => {
    expect(leaksOf(['token'], jwt, '')).toEqual([])
    expect(leaksOf(['token'], '', jwt)).not.toEqual([])
    expect(leaksOf(['status'], 'eyJhbGciOiJSUzI1NiJ9', '')).toEqual([])
  })

  it('lets a whole run of failing commands pass without a song', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const stored = JSON.stringify(await lab.readAuth())
      for (const endpoint of ['models', 'usage', 'responses', 'token', 'revoke'] as const)
        lab.emulator.faults.add({ endpoint, status: 400, body: { error: 'invalid_request', detail: stored } })
      for (const argv of [['models'], ['usage'], ['ask', 'hi'], ['refresh'], ['logout']])
        for (const flags of [[], ['--json']]) {
          const { stdout, stderr } = await lab.run([...argv, ...flags])
          expect(findLeaks([{ argv, transcript: { stdout, stderr } }], lab.secrets)).toEqual([])
        }
    })
  })
})

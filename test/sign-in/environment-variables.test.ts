import { describe, expect, it } from 'vitest'
import { environmentNames } from '../../src/cli/host.js'
import type { Variables } from '../../src/sign-in/environment-facts.js'
import { detectSignInEnvironment } from '../../src/sign-in/environment.js'
import { openInBrowser } from '../../src/sign-in/open-browser.js'
import { toSshTunnel } from '../../src/sign-in/ssh-tunnel.js'
import { createFakeClock } from '../../src/testing/index.js'

/** Variables that say which of them were looked at. */
function recordingVariables(given: Record<string, string>): { variables: Variables; names: Set<string> } {
  const names = new Set<string>()
  const get = (target: Record<string, string>, name: string) => {
    names.add(name)
    return target[name]
  }
  return { variables: new Proxy(given, { get }), names }
}

describe('the variables that tell where a sign-in runs', () => {
  it('are all among those that the command line reads', async () => {
    const { variables, names } = recordingVariables({ SSH_TTY: '/dev/pts/0' })
    for (const platform of ['linux', 'darwin', 'win32', 'android']) {
      detectSignInEnvironment({ platform, variables, isTerminal: true })
      const spawn = () => {
        throw new Error('Nothing is to be started.')
      }
      await openInBrowser(new URL('https://a.test/'), { platform, variables, spawn, clock: createFakeClock() })
    }
    toSshTunnel(1455, variables)
    expect([...names].filter((name) => !new Set<string>(environmentNames).has(name))).toEqual([])
  })
})

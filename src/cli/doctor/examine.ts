import { isAuthError } from '../../core/index.js'
import type { Check, Examined, Finding } from './check.js'
import { checkForeign } from './foreign-check.js'
import { checkAuthorities, checkClock, checkProxy, checkServer } from './network-checks.js'
import { checkPlace } from './place-check.js'
import { checkPorts } from './port-check.js'
import { probeIssuer } from './probe-issuer.js'
import { checkAccount, checkJournal, checkModes, checkStore } from './store-checks.js'
import { checkVersions } from './versions-check.js'

/** In the order in which they are read. */
const checks: readonly (readonly [name: string, check: Check])[] = [
  ['versions', checkVersions],
  ['store', checkStore],
  ['modes', checkModes],
  ['account', checkAccount],
  ['journal', checkJournal],
  ['server', checkServer],
  ['clock', checkClock],
  ['proxy', checkProxy],
  ['authorities', checkAuthorities],
  ['place', checkPlace],
  ['ports', checkPorts],
  ['other tools', checkForeign],
]

/** Everything there is to say about a profile and its surroundings. */
export function examine({ host, profile }: Pick<Examined, 'host' | 'profile'>): Promise<Finding[]> {
  const examined: Examined = { host, profile, probe: probeIssuer(profile, host), status: profile.session.status() }
  return Promise.all(checks.map(async ([name, check]) => ({ name, ...(await runCheck(check, examined)) })))
}

async function runCheck(check: Check, examined: Examined) {
  try {
    return await check(examined)
  } catch (error) {
    if (!isAuthError(error)) throw error
    const { code, summary, advice } = error
    return { state: 'fail', code, summary, advice } as const
  }
}

import type { ErrorCode } from '../../core/index.js'
import { chosenAuthorities, readExtraAuthorities } from '../../network/index.js'
import { formatDuration } from '../format-time.js'
import type { Check } from './check.js'

/** Being away from the network is a fact, not a fault. */
const offline: readonly ErrorCode[] = ['ERR_NETWORK_UNREACHABLE', 'ERR_NETWORK_TIMEOUT']

export const checkServer: Check = async ({ profile: { provider }, probe: pending }) => {
  const probe = await pending
  if ('failure' in probe) {
    const { code, summary, advice } = probe.failure
    if (offline.includes(code)) return { state: 'warn', summary, advice }
    throw probe.failure
  }
  const { status, durationMs } = probe
  if (status === 200) return { state: 'ok', summary: `${provider.issuer} answers, in ${durationMs} milliseconds.` }
  return {
    state: 'warn',
    summary: `${provider.issuer} answers with status ${status} to a request for its public metadata.`,
    advice: 'Check whether something between here and there answers for it: a portal, a proxy, an edge.',
  }
}

/** `Date` counts whole seconds, and answers travel: less is not an offset. */
const toleranceMs = 30_000

export const checkClock: Check = async ({ probe: pending }) => {
  const probe = await pending
  const aheadMs = 'failure' in probe ? undefined : probe.aheadMs
  if (aheadMs === undefined) {
    return {
      state: 'warn',
      summary: 'Not known: the server did not tell its time.',
      advice: 'Try again when it can be reached.',
    }
  }
  if (Math.abs(aheadMs) < toleranceMs) return { state: 'ok', summary: 'Agrees with the server to within 30 seconds.' }
  const direction = aheadMs > 0 ? 'behind' : 'ahead of'
  return {
    state: 'warn',
    summary: `This machine is ${formatDuration(Math.abs(aheadMs))} ${direction} the server.`,
    advice: 'Set the clock: tokens seem to end too late or too early until the first refresh has told the offset.',
  }
}

const proxyVariables = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'] as const

/** Names the variables and never their values, which may hold passwords. */
export const checkProxy: Check = async ({ host: { environment } }) => {
  const set = proxyVariables.filter((name) => environment[name])
  if (set.length === 0) return { state: 'ok', summary: 'Direct: no proxy variable is set.' }
  return {
    state: 'warn',
    summary: `Direct, although ${set.join(' and ')} ${set.length === 1 ? 'is' : 'are'} set: proxies are not used yet.`,
    advice: 'Where there is no way out but the proxy, the server above cannot be reached.',
  }
}

export const checkAuthorities: Check = async ({ host: { environment } }) => {
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    return {
      state: 'fail',
      summary:
        'NODE_TLS_REJECT_UNAUTHORIZED=0 makes Node accept every certificate: anybody on the way can read the tokens.',
      advice: 'Unset it, and name the authority of your network in CODEX_CA_CERTIFICATE.',
      code: 'ERR_NETWORK_TLS',
    }
  }
  const builtIn = environment.NODE_EXTRA_CA_CERTS
    ? 'the ones built into Node and those of NODE_EXTRA_CA_CERTS'
    : 'the ones built into Node'
  const chosen = chosenAuthorities(environment)
  const authorities = await readExtraAuthorities(environment)
  if (!chosen || !authorities) return { state: 'ok', summary: `Trusted: ${builtIn}.` }
  const count = `${authorities.length} from ${chosen.path}`
  return { state: 'ok', summary: `Trusted: the ones built into Node and ${count}, which ${chosen.variable} names.` }
}

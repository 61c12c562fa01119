import type { ErrorCode } from '../../core/index.js'
import { chosenAuthorities, describeRoute, readExtraAuthorities, type Route } from '../../network/index.js'
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

/** Names variables and hosts, and never a user name or a password. */
export const checkProxy: Check = async ({ host: { environment }, profile: { provider } }) => {
  const ways = [provider.issuer, provider.backendUrl].map((url) => toWay(describeRoute(environment, url), url))
  return { state: 'ok', summary: [...new Set(ways)].join(' ') }
}

function toWay({ proxy, whyDirect = '' }: Route, url: string): string {
  const { host } = new URL(url)
  return proxy
    ? `To ${host} through ${proxy.host}, which ${proxy.variable} names.`
    : `To ${host} directly: ${whyDirect}.`
}

export const checkAuthorities: Check = async ({ host: { environment } }) => {
  const chosen = chosenAuthorities(environment)
  const count = (await readExtraAuthorities(environment))?.length ?? 0
  const extra = chosen ? `, and ${count} from ${chosen.path}, which ${chosen.variable} names` : ''
  const summary = `Trusted: the authorities of this system${extra}.`
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED !== '0') return { state: 'ok', summary }
  return {
    state: 'warn',
    summary: `${summary} NODE_TLS_REJECT_UNAUTHORIZED=0 changes nothing here, but other programs believe any certificate.`,
    advice: 'Unset it, and name the authority of your network in CODEX_CA_CERTIFICATE.',
  }
}

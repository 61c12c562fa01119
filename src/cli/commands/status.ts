import { readSessionStatus, type Provider, type SessionState, type SessionStatus } from '../../core/index.js'
import { isPlanUsageEnabled } from '../../siwc/index.js'
import type { CommandRun, Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { formatInstant, toIsoTime } from '../format-time.js'
import { openStore, type StoredProfile } from '../open-store.js'
import { createStyle } from '../style.js'

/** Reads the store and nothing else. Exit code 0 when signed in, 3 when not. */
export const run: CommandRun = async (invocation) => {
  const opened = openStore(invocation)
  const status = await readSessionStatus({ ...opened, clock: invocation.host.clock })
  const route = await readRoute(opened)
  const { stdout } = invocation.host
  stdout.write(
    invocation.options.isSet('json')
      ? `${JSON.stringify({ ...toJson(status), ...route })}\n`
      : toText(status, route, invocation),
  )
  if (route.provider === 'codex' && invocation.host.environment.CODEX_ACCESS_TOKEN?.trim()) {
    invocation.host.stderr.write('CODEX_ACCESS_TOKEN is set: models, usage and ask use it instead of the profile.\n')
  }
  return status.signedIn || status.mode === 'personalAccessToken' ? exitCodes.ok : exitCodes.notSignedIn
}

/** Through which provider, and for "Sign in with ChatGPT" whether it may use the plan. */
interface Route {
  readonly provider: Provider['name']
  readonly planUsage?: 'enabled' | 'disabled'
}

async function readRoute({ provider, store }: StoredProfile): Promise<Route> {
  const stored = await store.read()
  if (provider.name === 'codex' || !stored || !('accessToken' in stored)) return { provider: provider.name }
  return { provider: provider.name, planUsage: isPlanUsageEnabled(stored) ? 'enabled' : 'disabled' }
}

function toJson(status: SessionStatus) {
  return {
    signedIn: status.signedIn,
    state: status.state,
    reason: status.reason ?? null,
    email: status.email ?? null,
    planType: status.planType ?? null,
    accountId: status.accountId ?? null,
    expiresAt: toIsoTime(status.expiresAtMs),
    mode: status.mode ?? null,
    issuer: status.issuer ?? null,
    store: status.store,
  }
}

function toText(status: SessionStatus, { provider, planUsage }: Route, { host }: Invocation): string {
  const style = createStyle(host.stdout, host.environment)
  const rows = [
    ['state', stateInWords(status, host.clock.now())],
    ['provider', provider === 'siwc' ? 'siwc (Sign in with ChatGPT)' : provider],
    ['plan', status.planType ?? (planUsage && `use ${planUsage}`)],
    ['account', status.accountId],
    ['issuer', status.issuer],
    ['store', status.store],
  ]
  const details = rows
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `  ${name?.padEnd(8)} ${value}`)
  return [style.bold(headline(status)), ...details, ''].join('\n')
}

function headline({ state, email, mode }: SessionStatus): string {
  if (state === 'absent') return 'Not signed in. Run `planpass login`.'
  if (mode === 'personalAccessToken') return 'Signed in with a personal access token; the server knows whose it is.'
  if (state === 'unsupported') return `Not signed in: the file holds a credential of the kind "${mode}".`
  const who = email ?? 'an account without e-mail'
  return state === 'dead' ? `${who} has to sign in again. Run \`planpass login\`.` : `Signed in as ${who}`
}

function stateInWords({ state, expiresAtMs, reason }: SessionStatus, nowMs: number): string {
  const until = expiresAtMs === undefined ? 'the server says otherwise' : formatInstant(expiresAtMs, nowMs)
  const why = reason === undefined ? '' : `, and cannot be refreshed (${reason})`
  const words: Record<SessionState, string> = {
    absent: 'absent',
    unsupported: 'unsupported',
    valid: `valid until ${until}${why}`,
    refreshable: `refreshable: the access token ended ${until}, the next request renews it`,
    dead: `dead: the access token ended ${until}${why}`,
  }
  return words[state]
}

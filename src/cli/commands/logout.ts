import type { Provider, SignOutResult } from '../../core/index.js'
import type { CommandRun } from '../command.js'
import { endPendingSignIn } from '../end-pending-sign-in.js'
import { exitCodes } from '../exit-codes.js'
import { openProfile, type Profile } from '../open-profile.js'
import { alsoSignedOut } from '../shared-sign-in.js'

/** Says what really happened. Forgetting here succeeds whatever the server says, so the exit code is 0. */
export const run: CommandRun = async (invocation) => {
  const { host, options } = invocation
  const profile = openProfile(invocation)
  const result = await profile.session.signOut()
  await endPendingSignIn(profile, invocation)
  if (options.isSet('json')) {
    const { removed, revocation, failure } = result
    host.stdout.write(`${JSON.stringify({ removed, revocation, reason: failure?.code ?? null })}\n`)
  } else {
    host.stderr.write(`${inWords(result, profile)}${result.removed ? alsoSignedOut(profile) : ''}\n`)
  }
  return exitCodes.ok
}

/** Where a session is ended by hand. */
const places: Record<Provider['name'], string> = {
  codex: 'To end it everywhere, log out of all devices in ChatGPT under Settings, Security.',
  siwc: 'To end it, disconnect the program in ChatGPT under Settings, Security and login, Login connections.',
}

function inWords({ removed, revocation, failure }: SignOutResult, { provider }: Pick<Profile, 'provider'>): string {
  if (!removed) return 'Nobody was signed in.'
  if (revocation === 'revoked') return 'Signed out: the session is revoked at the server and forgotten here.'
  const why = failure ? ` ${failure.summary}` : ''
  return `Signed out here, but the server did not revoke the session.${why} ${places[provider.name]}`
}

import type { SignOutResult } from '../../core/index.js'
import type { CommandRun } from '../command.js'
import { endPendingSignIn } from '../end-pending-sign-in.js'
import { exitCodeOf, exitCodes } from '../exit-codes.js'
import { openProfile } from '../open-profile.js'
import { alsoSignedOut } from '../shared-sign-in.js'

/** A session that the server did not end is kept, and is a failure: exit code of its reason. */
export const run: CommandRun = async (invocation) => {
  const { host, options } = invocation
  const profile = openProfile(invocation)
  const result = await profile.session.revoke()
  await endPendingSignIn(profile, invocation)
  const { removed, revocation, failure } = result
  if (options.isSet('json')) {
    host.stdout.write(`${JSON.stringify({ removed, revocation, reason: failure?.code ?? null })}\n`)
  } else {
    host.stderr.write(`${inWords(result)}${removed ? alsoSignedOut(profile) : ''}\n`)
  }
  return failure ? exitCodeOf(failure.code) : exitCodes.ok
}

function inWords({ removed, failure }: SignOutResult): string {
  if (removed) return 'Revoked: the session is ended at the server, for every copy of it, and forgotten here.'
  if (!failure) return 'Nobody was signed in.'
  return `The server did not revoke the session. ${failure.summary} It is kept here: run \`planpass revoke\` again, or \`planpass forget\` to give it up. (${failure.code})`
}

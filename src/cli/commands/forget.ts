import type { CommandRun } from '../command.js'
import { endPendingSignIn } from '../end-pending-sign-in.js'
import { exitCodes } from '../exit-codes.js'
import { openProfile } from '../open-profile.js'
import { alsoSignedOut } from '../shared-sign-in.js'

/** Works without a network. What it does not do is said, too. */
export const run: CommandRun = async (invocation) => {
  const { host, options } = invocation
  const profile = openProfile(invocation)
  const { removed } = await profile.session.forget()
  await endPendingSignIn(profile, invocation)
  if (options.isSet('json')) host.stdout.write(`${JSON.stringify({ removed })}\n`)
  else host.stderr.write(`${removed ? forgottenInWords + alsoSignedOut(profile) : 'Nobody was signed in.'}\n`)
  return exitCodes.ok
}

const forgottenInWords =
  'Forgotten here. The server was not asked: the session lives on there, and so does every copy of it, until it ends.'

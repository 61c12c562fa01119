import { AuthError } from '../../core/index.js'
import { exportAccessOnly } from '../../sources/index.js'
import type { CommandRun } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { freshCredential } from '../fresh-credential.js'

/** Prints what a reader needs: JSON, with or without `--json`. Whoever gets it can use the sign-in until the token ends, and no longer. */
export const run: CommandRun = async (invocation) => {
  const { host, options } = invocation
  if (!options.isSet('access-only')) throw wholeSignIn()
  host.stdout.write(`${exportAccessOnly(await freshCredential(invocation))}\n`)
  return exitCodes.ok
}

/** Two holders of one refresh token end each other's session, so there is no way to make the second one here. */
function wholeSignIn(): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', 'A whole sign-in is not exported: its copies would end one another.', {
    advice: 'Use --access-only for an access token without a refresh token, or let others ask `planpass broker`.',
  })
}

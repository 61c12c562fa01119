import { assertGeneralAccessAllowed } from '../../siwc/index.js'
import type { CommandRun, Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { toIsoTime } from '../format-time.js'
import { freshCredential } from '../fresh-credential.js'

/** Prints an access token and nothing else, so that other programs can call it. */
export const run: CommandRun = async (invocation) => {
  const { host, options } = invocation
  if (options.isSet('verify')) await verify(invocation)
  const { accessToken, expiresAtMs } = await freshCredential(invocation)
  const token = accessToken.reveal()
  const json = { accessToken: token, expiresAt: toIsoTime(expiresAtMs) }
  host.stdout.write(options.isSet('json') ? `${JSON.stringify(json)}\n` : `${token}\n`)
  return exitCodes.ok
}

/**
 * One harmless request, with the recovery from a 401 that every request has: a token that the server ended before its time is renewed now. For
 * programs that call again when a token was refused, and would be handed the same one.
 */
async function verify(invocation: Invocation): Promise<void> {
  const [{ openProfile }, { readModels }] = await Promise.all([
    import('../open-profile.js'),
    import('../../backend/index.js'),
  ])
  const { session } = openProfile(invocation)
  assertGeneralAccessAllowed(session.provider)
  const { clock, interrupted } = invocation.host
  await readModels({ ...session, readOnlyFetch: session.fetch }, { force: true, clock, signal: interrupted })
}

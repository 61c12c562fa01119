import { createCodexProviderFlags, serveCodexAuth } from '../../app-server/index.js'
import { fromSession, type ExternalAuth } from '../../core/external.js'
import { AuthError, type ChatgptCredential } from '../../core/index.js'
import { findCodex, type CodexProgram } from '../codex/find-codex.js'
import { keepsNothing } from '../codex/keeps-nothing.js'
import { runAppServer } from '../codex/run-app-server.js'
import { startChild, untilEnded } from '../codex/run-child.js'
import type { CommandRun } from '../command.js'
import { assertGeneralAccessAllowed } from '../../siwc/index.js'
import { openProfile, type Profile } from '../open-profile.js'

/** Those that talk to no model, and those about a sign-in of Codex's own, run as they are. */
const asTheyAre = new Set([
  'login',
  'logout',
  'mcp',
  'plugin',
  'completion',
  'update',
  'doctor',
  'sandbox',
  'features',
  'help',
  '-h',
  '--help',
  '-V',
  '--version',
])

/**
 * Runs the person's own `codex` with the profile's credential: each process asks our session for an access token when it needs one, and none
 * ever holds the refresh token. Their configuration stays in force, and its exit code is ours.
 */
export const run: CommandRun = async (invocation) => {
  const { host, arguments: args, options } = invocation
  if (options.isSet('json')) throw notOurs()
  const program = await findCodex({ path: host.environment.PATH, cwd: process.cwd() })
  const [command = ''] = args
  if (asTheyAre.has(command)) {
    return untilEnded(await startChild({ ...program, args: [...program.args, ...args] }, 'inherit'))
  }
  const profile = openProfile(invocation)
  assertGeneralAccessAllowed(profile.provider)
  // Said here, before a program starts that would say it in words of its own.
  const credential = await profile.session.credential({ signal: host.interrupted })
  const auth = fromSession(profile.session)
  if (command === 'app-server') {
    return runAppServer({ ...program, args: [...program.args, ...args] }, auth, host)
  }
  return runWithProvider(program, args, { auth, credential, profile })
}

/** Nothing is printed here but what Codex prints, so it can only have been meant for Codex. */
function notOurs(): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', '--json is an option of Codex here, and stands before the `--`.', {
    advice: 'What is meant for Codex comes after it: planpass codex -- exec --json "say hi".',
  })
}

interface Signer {
  readonly auth: ExternalAuth
  readonly credential: ChatgptCredential
  readonly profile: Profile
}

/** For `codex exec` and the terminal program: a provider whose tokens come from a socket of ours, as long as the child runs. */
async function runWithProvider(program: CodexProgram, args: readonly string[], signer: Signer): Promise<number> {
  const { auth, credential, profile } = signer
  const server = await serveCodexAuth({ auth })
  try {
    const flags = createCodexProviderFlags({
      auth: server.command,
      baseUrl: `${profile.provider.backendUrl}/codex`,
      name: 'ChatGPT plan, by planpass',
      headers: headersOf(credential),
    })
    const all = [...program.args, ...keepsNothing, ...flags, ...args]
    return await untilEnded(await startChild({ ...program, args: all }, 'inherit'))
  } finally {
    await server.close()
  }
}

/** What goes with the token, and is no secret (protocol 9). */
function headersOf({ accountId, identity }: ChatgptCredential): Record<string, string> {
  return {
    ...(accountId !== undefined && { 'ChatGPT-Account-ID': accountId }),
    ...(identity.isFedramp && { 'X-OpenAI-Fedramp': 'true' }),
  }
}

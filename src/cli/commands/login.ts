import { AuthError, isAbortError, type ChatgptCredential } from '../../core/index.js'
import { expectAccount, signInWithDeviceCode, type SignInScreen } from '../../sign-in/index.js'
import type { CommandRun, Invocation } from '../command.js'
import { createDeviceScreen } from '../device-screen.js'
import { exitCodes } from '../exit-codes.js'
import { toIsoTime } from '../format-time.js'
import { openProfile } from '../open-profile.js'

/** Signs in. With `--json`, one event a line: `device_code`, then `signed_in` or `failed`, which is printed where failures are. */
export const run: CommandRun = async (invocation) => {
  requireSomebody(invocation)
  if (!invocation.options.isSet('json')) return signInOnTerminal(invocation)
  const print = (event: object) => invocation.host.stdout.write(`${JSON.stringify(event)}\n`)
  const screen: SignInScreen = {
    showDeviceCode: ({ verificationUrl, userCode, expiresAtMs }) =>
      print({ event: 'device_code', verificationUrl, userCode, expiresAt: toIsoTime(expiresAtMs) }),
  }
  try {
    print({ event: 'signed_in', account: toAccount(await signIn(invocation, screen)) })
    return exitCodes.ok
  } catch (error) {
    if (isAbortError(error)) print({ event: 'failed', code: 'CANCELLED', message: 'The sign-in was cancelled.' })
    throw error
  }
}

/** Without a terminal nobody may be there to approve, so a sign-in has to be asked for. */
function requireSomebody({ host, options }: Invocation): void {
  if (options.isSet('device') || host.stderr.isTerminal) return
  throw new AuthError('ERR_CONFIG_USAGE', 'There is no terminal to show a code on.', {
    advice: 'Run `planpass login --device` to print the code all the same.',
  })
}

async function signInOnTerminal(invocation: Invocation): Promise<number> {
  const screen = createDeviceScreen(invocation.host)
  try {
    const { identity } = await signIn(invocation, screen)
    screen.close()
    const plan = identity.planType === undefined ? '' : ` (${identity.planType})`
    invocation.host.stderr.write(`Signed in as ${identity.email ?? 'an account without e-mail'}${plan}.\n`)
    return exitCodes.ok
  } finally {
    screen.close()
  }
}

function signIn(invocation: Invocation, screen: SignInScreen): Promise<ChatgptCredential> {
  const { host, options } = invocation
  const { provider, store, identity, fetch } = openProfile(invocation)
  return signInWithDeviceCode({
    provider,
    store,
    identity,
    fetch,
    screen,
    accept: expectAccount({
      email: options.text('expect-email'),
      workspace: options.text('expect-workspace'),
      mayReplace: options.isSet('switch-account'),
    }),
    clock: host.clock,
    signal: host.interrupted,
  })
}

function toAccount({ identity, accountId, expiresAtMs }: ChatgptCredential) {
  return {
    email: identity.email ?? null,
    planType: identity.planType ?? null,
    accountId: accountId ?? null,
    expiresAt: toIsoTime(expiresAtMs),
  }
}

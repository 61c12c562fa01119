import { isAbortError } from '../../core/index.js'
import { signIn, type SignedIn } from '../../node/index.js'
import type { SignInScreen } from '../../sign-in/index.js'
import type { CommandRun, Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { toIsoTime } from '../format-time.js'
import { readSignInOptions } from '../login-options.js'
import { openLoginProvider } from '../login-provider.js'
import { openProfile } from '../open-profile.js'
import { createTerminalScreen } from '../sign-in-screen.js'

/**
 * Signs in, or says who is. With `--json`, one event a line: `browser_url` and `device_code` as doors are opened, then `signed_in`,
 * `already_signed_in`, or `failed`, which is printed where failures are.
 */
export const run: CommandRun = async (invocation) => {
  const { options } = invocation
  if (options.isSet('with-api-key') || options.isSet('with-access-token')) {
    const { storeKey } = await import('../store-key.js')
    return storeKey(invocation)
  }
  return options.isSet('json') ? signInForProgram(invocation) : signInOnTerminal(invocation)
}

async function signInForProgram(invocation: Invocation): Promise<number> {
  const print = (event: object) => invocation.host.stdout.write(`${JSON.stringify(event)}\n`)
  const screen: SignInScreen = {
    showDeviceCode: ({ verificationUrl, userCode, expiresAtMs }) =>
      print({ event: 'device_code', verificationUrl, userCode, expiresAt: toIsoTime(expiresAtMs) }),
    showBrowserUrl: ({ url, port, isOpened }) =>
      print({ event: 'browser_url', url: url.href, port: port ?? null, isOpened }),
  }
  try {
    const signedIn = await start(invocation, screen)
    print({ event: signedIn.flow === 'stored' ? 'already_signed_in' : 'signed_in', ...toJson(signedIn) })
    return exitCodes.ok
  } catch (error) {
    if (isAbortError(error)) print({ event: 'failed', code: 'CANCELLED', message: 'The sign-in was cancelled.' })
    throw error
  }
}

async function signInOnTerminal(invocation: Invocation): Promise<number> {
  const { stderr } = invocation.host
  const screen = createTerminalScreen(invocation.host)
  try {
    const signedIn = await start(invocation, screen)
    screen.close()
    for (const warning of signedIn.warnings) stderr.write(`${warning}\n`)
    stderr.write(`${inWords(signedIn)}\n`)
    return exitCodes.ok
  } finally {
    screen.close()
  }
}

async function start(invocation: Invocation, screen: SignInScreen): Promise<SignedIn> {
  const { fetch } = openProfile(invocation)
  const { provider, identity, asksAgain, settle } = openLoginProvider(invocation)
  const options = readSignInOptions(invocation)
  const expect = { ...options.expect, mayReplace: asksAgain || options.expect?.mayReplace === true }
  const signedIn = await signIn({ ...options, expect, provider, identity, fetch, screen })
  await settle()
  return signedIn
}

function inWords({ flow, email, planType }: SignedIn): string {
  const who = `${email ?? 'an account without e-mail'}${planType === undefined ? '' : ` (${planType})`}`
  if (flow !== 'stored') return `Signed in as ${who}.`
  return `Already signed in as ${who}. To sign in anew or as somebody else, use --switch-account; to keep both, another --profile.`
}

function toJson({ provider, email, planType, accountId, expiresAtMs, flow, storage, warnings }: SignedIn) {
  const account = {
    email: email ?? null,
    planType: planType ?? null,
    accountId: accountId ?? null,
    expiresAt: toIsoTime(expiresAtMs),
  }
  return { account, provider, flow, storage, warnings }
}

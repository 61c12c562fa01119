import {
  AuthError,
  createSession,
  isAuthError,
  systemClock,
  type CredentialStore,
  type Provider,
  type Session,
} from '../core/index.js'
import {
  detectSignInEnvironment,
  expectAccount,
  openInBrowser,
  readHostFacts,
  signIn as signInThroughDoors,
  signInRequired,
  type AcceptSignIn,
  type AccountExpectation,
  type LeadingDoor,
  type ScreenedSignInOptions,
  type SignInEnvironment,
  type SignInResult,
  type Variables,
} from '../sign-in/index.js'
import { createLazyTransport } from './lazy-transport.js'
import { openProfile } from './open-profile.js'
import { providerOf } from './open-session.js'
import { isAtTerminal, variablesOf } from './process-environment.js'
import { createProfileProvider } from './profile-provider.js'
import { openSignInPlace, type PlaceOptions } from './sign-in-place.js'
import { findStoredSignIn } from './stored-sign-in.js'

type DoorOptions = Omit<ScreenedSignInOptions, 'store' | 'doors' | 'accept' | 'screen' | 'browserPatienceMs'>

/** A sign-in on this machine. Only the screen has no default. */
export interface SignInOptions extends Partial<DoorOptions>, PlaceOptions {
  readonly screen: ScreenedSignInOptions['screen']
  /** Default `auto`: what makes sense where we are. */
  readonly flow?: 'auto' | LeadingDoor | undefined
  /** Whether somebody is there to be asked; default: when there is a terminal. Never in CI. */
  readonly interactive?: boolean | undefined
  /** Who is meant to sign in, and whether somebody who is signed in may be replaced. */
  readonly expect?: AccountExpectation | undefined
}

/** Who is signed in, and a session to work with. */
export interface SignedIn extends SignInResult {
  readonly session: Session
}

/**
 * The sign-in that is there, or a new one: one call, which opens every door that makes sense here. Who is signed in already is not asked, and
 * a sign-in that fails costs nobody the old one.
 *
 * @throws AuthError `ERR_SIGN_IN_*`, `ERR_STORE_*`, `ERR_NETWORK_*`, `ERR_UPSTREAM_*`, `ERR_CONFIG_*`; the signal's reason when it aborts
 * @example
 * const { session, flow } = await signIn({ screen: { showDeviceCode: ({ verificationUrl, userCode }) => show(verificationUrl, userCode) } })
 */
export async function signIn(options: SignInOptions): Promise<SignedIn> {
  const { clock = systemClock, identity } = options
  const variables = variablesOf(options.environment)
  const provider = options.provider ?? providerFor(options)
  const fetch = options.fetch ?? createLazyTransport(variables)
  const place = openSignInPlace(options)
  const { store, verdicts, leaves } = place
  if (provider.ways && store.kind === 'codex') throw notForCodex()
  const common = { provider, fetch, clock, ...(identity && { identity }) }
  const session = createSession({ ...common, store, ...(verdicts && { verdicts }) })
  const expect = { ...options.expect, workspace: options.allowedWorkspaceIds ?? options.expect?.workspace }
  if (provider.ways && [expect.workspace ?? []].flat().length > 0) throw noWorkspace()
  const find = (where: CredentialStore) => findStoredSignIn({ store: where, provider, clock, verdicts, expect })
  const openLeft = () => createSession({ ...common, store: leaves ?? store })
  const stored = await find(leaves ?? store)
  if (stored) return { ...stored, session: leaves ? openLeft() : session }

  const found = leaves && (await find(store))
  const left = leaves && !expect.mayReplace ? await leaves.read() : undefined
  const accept: AcceptSignIn = (candidate, replaces) => expectAccount(expect)(candidate, replaces ?? left)
  const result = found ?? (await signInHere({ ...options, ...common, store, accept }, variables))
  await place.settle().catch(async (error: unknown) => {
    // Nobody would look for it there.
    if (!found) await leave(session)
    throw error
  })
  // The Codex CLI goes on with its own.
  const warnings = leaves && leaves.kind !== 'codex' ? await leave(openLeft()) : []
  return { ...result, warnings: [...result.warnings, ...warnings], session }
}

/** What the profile was signed in with; a store of the host's own is for the Codex client's route, unless a provider is named. */
function providerFor({ storage, profile, environment }: SignInOptions): Provider {
  if (typeof storage === 'object' || storage === 'memory') return providerOf(variablesOf(environment))
  return createProfileProvider(openProfile({ profile, environment }).folder, { environment })
}

type HereOptions = SignInOptions & Omit<ScreenedSignInOptions, 'doors' | 'browserPatienceMs'>

/** Opens the doors that make sense on this machine. */
async function signInHere(options: HereOptions, variables: Variables): Promise<SignInResult> {
  const facts = await readHostFacts({ variables, isTerminal: isAtTerminal() })
  const environment = detectSignInEnvironment(facts, { interactive: options.interactive })
  const { browserPatienceMs, canOpenBrowser } = environment
  const openHere = canOpenBrowser ? (url: URL) => openInBrowser(url, facts) : undefined
  return signInThroughDoors({
    ...options,
    doors: doorsOf(options.flow, environment, options.provider),
    openBrowser: options.openBrowser ?? openHere,
    browserPatienceMs,
  })
}

/** Ends a sign-in in a place that the profile is not, or no longer, kept in: nobody would find it again. */
async function leave(session: Session): Promise<string[]> {
  try {
    const { failure } = await session.signOut()
    return failure
      ? [`The sign-in before this one could not be revoked and lives on until it ends. ${failure.summary}`]
      : []
  } catch (error) {
    if (isAuthError(error)) return [`The sign-in before this one is still stored. ${error.message}`]
    throw error
  }
}

/** A door that is asked for by name needs nobody's judgement. */
function doorsOf(
  flow: SignInOptions['flow'] = 'auto',
  environment: SignInEnvironment,
  { ways }: Provider,
): readonly LeadingDoor[] {
  if (flow !== 'auto') return [flow]
  if (environment.doors.length === 0) throw signInRequired(environment)
  return ways ? ['browser'] : environment.doors
}

/** The Codex CLI would send a token to where it must not go. */
function notForCodex(): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', 'A sign-in through this provider is not shared with the Codex CLI.', {
    advice: 'Choose another --storage, or another --profile.',
  })
}

/** Known when everybody has been asked, and then nobody would be let in. */
function noWorkspace(): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', 'This provider does not tell which workspace a sign-in is for.', {
    advice: 'Leave the workspace out; the person chooses it when the program is registered.',
  })
}

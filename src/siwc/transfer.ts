import {
  AuthError,
  parseAuthFile,
  parseJsonObject,
  readObject,
  readString,
  Secret,
  serializeAuthFile,
  type ChatgptCredential,
  type Credential,
  type CredentialStore,
} from '../core/index.js'
import { registrationOf, type Registration, type RegistrationStore } from './registration.js'

/** Where a sign-in lies, or is to lie. */
export interface TransferPlace {
  readonly store: CredentialStore
  readonly registrations: RegistrationStore
}

/** Where a sign-in is taken from. */
export interface TransferSource extends TransferPlace {
  /** The name of the connected program, for whoever receives the sign-in and has to be told. */
  readonly appName?: string | undefined
  /** Puts the transfer where it is safe; the sign-in is removed here once that is done. When it throws, everything stays as it was. */
  readonly deliver?: ((transfer: Secret) => Promise<void>) | undefined
}

/** Where a sign-in is taken to. */
export interface TransferTarget extends TransferPlace {
  /** Called once nothing stands in the way, before anything is stored: for what else has to be in place first. */
  readonly prepare?: ((told: ToldTransfer) => Promise<void>) | undefined
}

/** What a transfer says of itself. */
export interface ToldTransfer {
  readonly appName: string | undefined
  readonly registration: Registration
}

/**
 * Takes a sign-in away to another machine of the same person, which has no browser: the documented way (siwc 8). From here on it is the other
 * machine's, which alone refreshes it; here nobody is signed in any more. The id of this machine stays behind.
 *
 * It is frozen first: a crash on the way leaves a sign-in that is not refreshed here, and can be transferred again.
 *
 * @returns what to hand to `receiveTransfer` there, over a channel as safe as the tokens are to be
 * @throws AuthError `ERR_SIGN_IN_REQUIRED`, `ERR_TOKEN_UNSUPPORTED_MODE`, `ERR_STORE_*`; what `deliver` throws
 */
export function transferSignIn({ store, registrations, appName, deliver }: TransferSource): Promise<Secret> {
  return store.update(async (stored) => {
    const registration = await registrations.read()
    if (stored && stored.mode !== 'siwc') throw foreign()
    const own = stored && registrationOf(stored, registration)
    if (!own || !registration) throw new AuthError('ERR_SIGN_IN_REQUIRED', 'There is no sign-in to transfer.')
    const { backgroundConsentAtMs: _consent, pendingClientId: _pending, ...travels } = own
    const credential = serializeAuthFile(stored)
    const transfer = new Secret(JSON.stringify({ kind, appName, registration: travels, credential }))
    const become = (state: Registration['state']) => registrations.update((known) => known && { ...known, state })
    await become('transferred')
    try {
      await deliver?.(transfer)
    } catch (error) {
      // What could not be taken back is frozen, and can be transferred again.
      await become(registration.state).catch(() => undefined)
      throw error
    }
    return { remove: true, result: transfer }
  })
}

/** What is asked before a token is refreshed or revoked: both are the other machine's, once it has the sign-in. */
export interface TransferGuard {
  /** @throws AuthError `ERR_SIGN_IN_REQUIRED` */
  readonly requireOurs: (token: Secret) => Promise<void>
  /** Before a sign-in: what was transferred stays the other machine's when the new one has taken its place. */
  readonly keepTransferred: (replaces: Credential | undefined) => Promise<void>
  /** The tokens of a new sign-in are ours, whatever the registration says. */
  readonly redeemed: (credential: ChatgptCredential) => void
  readonly isUnsettled: (token: Secret) => boolean
  /** From here on the registration says it. */
  readonly settled: (credential: ChatgptCredential) => void
}

/** A guard by what the registration says, and of a sign-in that is not done by what it has to do with. */
export function createTransferGuard(registrations: RegistrationStore): TransferGuard {
  const elsewhere = new WeakSet<Secret>()
  const ours = new WeakSet<Secret>()
  const isTransferred = async () => (await registrations.read())?.state === 'transferred'

  return {
    requireOurs: async (token) => {
      if (elsewhere.has(token) || (!ours.has(token) && (await isTransferred()))) throw transferred()
    },
    keepTransferred: async (replaces) => {
      const token = replaces && 'refreshToken' in replaces ? replaces.refreshToken : undefined
      if (token && (await isTransferred())) elsewhere.add(token)
    },
    redeemed: ({ refreshToken }) => void (refreshToken && ours.add(refreshToken)),
    isUnsettled: (token) => ours.has(token),
    settled: ({ refreshToken }) => void (refreshToken && ours.delete(refreshToken)),
  }
}

/**
 * Stores a sign-in that came from another machine, where nobody is signed in yet.
 *
 * @returns under which registration
 * @throws AuthError `ERR_CONFIG_USAGE` where somebody is signed in already, or another client is registered; `ERR_STORE_CORRUPT` for what is no
 *   transfer; `ERR_STORE_*`; what `prepare` throws
 */
export async function receiveTransfer(
  transfer: Secret,
  { store, registrations, prepare }: TransferTarget,
): Promise<Registration> {
  const { credential, appName, registration } = parseTransfer(transfer)
  return store.update(async (stored) => {
    if (stored) throw taken('Somebody is signed in here already.', 'Use another --profile, or sign out first.')
    requireFree(await registrations.read(), registration)
    await prepare?.({ appName, registration })
    await registrations.update((known) => {
      requireFree(known, registration)
      return registration
    })
    return { write: credential, result: registration }
  })
}

function requireFree(known: Registration | undefined, { clientId }: Registration): void {
  if (!known || known.clientId === clientId) return
  throw taken('Another sign-in is registered here, which outlives a sign-out.', 'Use another --profile.')
}

const kind = 'planpass siwc transfer 1'

function parseTransfer(transfer: Secret): ToldTransfer & { readonly credential: ChatgptCredential } {
  const json = parseJsonObject(transfer.reveal())
  const credential = json?.['kind'] === kind ? parseAuthFile(readString(json, 'credential') ?? '{}') : undefined
  const told = readObject(json, 'registration')
  const [issuer, clientId] = [readString(told, 'issuer'), readString(told, 'clientId')]
  const [subject, email] = [readString(told, 'subject'), readString(told, 'email')]
  if (credential?.mode !== 'siwc' || credential.provenance?.clientId !== clientId || !issuer || !clientId) {
    throw new AuthError('ERR_STORE_CORRUPT', 'This is no sign-in that was transferred.', {
      advice: 'Transfer it again, or sign in.',
    })
  }
  const registration: Registration = {
    issuer,
    clientId,
    state: 'connected',
    ...(subject !== undefined && { subject }),
    ...(email !== undefined && { email }),
  }
  return { credential, appName: readString(json, 'appName'), registration }
}

function transferred(): AuthError {
  const summary = 'This sign-in was transferred to another machine, which alone goes on with it.'
  return new AuthError('ERR_SIGN_IN_REQUIRED', summary, {
    advice: 'Finish it with `planpass transfer to`, or sign in here anew with `planpass login --switch-account`.',
  })
}

function foreign(): AuthError {
  return new AuthError('ERR_TOKEN_UNSUPPORTED_MODE', 'Only "Sign in with ChatGPT" has a transfer.', {
    advice: 'Sign in on the other machine; the Codex route has device codes for that.',
  })
}

function taken(summary: string, advice: string): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', `${summary} Nothing was replaced.`, { advice })
}

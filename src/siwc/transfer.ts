import {
  AuthError,
  parseAuthFile,
  parseJsonObject,
  readObject,
  readString,
  Secret,
  serializeAuthFile,
  type ChatgptCredential,
  type CredentialStore,
} from '../core/index.js'
import type { Registration, RegistrationStore } from './registration.js'

/** Where a sign-in lies, or is to lie. */
export interface TransferPlace {
  readonly store: CredentialStore
  readonly registrations: RegistrationStore
}

/**
 * Takes a sign-in away to another machine of the same person, which has no browser: the documented way (siwc 8). From here on it is the other
 * machine's, which alone refreshes it; here nobody is signed in any more. The id of this machine stays behind.
 *
 * @returns what to hand to `receiveTransfer` there, over a channel as safe as the tokens are to be
 * @throws AuthError `ERR_SIGN_IN_REQUIRED`, `ERR_TOKEN_UNSUPPORTED_MODE`, `ERR_STORE_*`
 */
export function transferSignIn({ store, registrations }: TransferPlace): Promise<Secret> {
  return store.update(async (stored) => {
    const registration = await registrations.read()
    if (!stored || !registration) throw new AuthError('ERR_SIGN_IN_REQUIRED', 'There is no sign-in to transfer.')
    if (stored.mode !== 'siwc') throw foreign()
    await registrations.write({ ...registration, state: 'transferred' })
    const { backgroundConsentAtMs: _staysHere, ...travels } = registration
    const text = JSON.stringify({ kind, registration: travels, credential: serializeAuthFile(stored) })
    return { remove: true, result: new Secret(text) }
  })
}

/**
 * Stores a sign-in that came from another machine, where nobody is signed in yet.
 *
 * @throws AuthError `ERR_CONFIG_USAGE` where somebody is signed in already; `ERR_STORE_CORRUPT` for what is no transfer; `ERR_STORE_*`
 */
export async function receiveTransfer(transfer: Secret, { store, registrations }: TransferPlace): Promise<void> {
  const { credential, registration } = parseTransfer(transfer)
  await store.update(async (stored) => {
    if (stored) {
      throw new AuthError('ERR_CONFIG_USAGE', 'Somebody is signed in here already. Nothing was replaced.', {
        advice: 'Sign out first, or use another --profile.',
      })
    }
    await registrations.write(registration)
    return { write: credential, result: undefined }
  })
}

const kind = 'planpass siwc transfer 1'

function parseTransfer(transfer: Secret): { credential: ChatgptCredential; registration: Registration } {
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
  return { credential, registration }
}

function foreign(): AuthError {
  return new AuthError('ERR_TOKEN_UNSUPPORTED_MODE', 'Only "Sign in with ChatGPT" has a transfer.')
}

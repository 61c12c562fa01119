import { AuthError } from '../core/index.js'
import { wasAccepted, type Registration, type RegistrationStore } from './registration.js'

/**
 * Writes down that the person has agreed, in so many words, that this program works on their plan while they are away (terms 2). Show them the
 * question first; nothing here asks.
 *
 * @throws AuthError `ERR_SIGN_IN_REQUIRED` when nobody has signed in yet; `ERR_STORE_*`
 */
export async function recordBackgroundConsent(registrations: RegistrationStore, nowMs: number): Promise<void> {
  // First without a lock, which would leave its file where nobody has signed in.
  requireSignedIn(await registrations.read())
  await registrations.update((known) => ({ ...requireSignedIn(known), backgroundConsentAtMs: nowMs }))
}

function requireSignedIn(registration: Registration | undefined): Registration {
  if (registration && wasAccepted(registration)) return registration
  throw new AuthError('ERR_SIGN_IN_REQUIRED', 'Nobody has signed in who could agree.')
}

/** @throws AuthError `ERR_CONFIG_TERMS` */
export async function requireBackgroundConsent(registrations: RegistrationStore): Promise<void> {
  const registration = await registrations.read()
  if (registration?.backgroundConsentAtMs !== undefined) return
  throw new AuthError(
    'ERR_CONFIG_TERMS',
    'Nobody has agreed that this program works on their plan while they are away.',
    {
      advice: 'Ask the person, and write their consent down with `recordBackgroundConsent`.',
    },
  )
}

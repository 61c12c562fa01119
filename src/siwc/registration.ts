import type { ChatgptCredential } from '../core/index.js'

/**
 * The client that a person's approval registered for one program, person and workspace. No secret: it outlives sign-outs, and is used again at
 * the next sign-in (siwc 2.3, 5).
 */
export interface Registration {
  readonly issuer: string
  /** Issued by the callback of the first sign-in. */
  readonly clientId: string
  /** `pending` until the first sign-in under it has succeeded; `refused` when that was not accepted, and is not gone on with. */
  readonly state: 'pending' | 'refused' | 'connected' | 'transferred'
  /** Whose it is, by a verified ID token; means nothing beyond this client. */
  readonly subject?: string
  readonly email?: string
  /** Issued to a new registration under which nobody has signed in yet; until then this one stays. */
  readonly pendingClientId?: string
  /** When the person agreed that this program may work without them, in milliseconds since the epoch. */
  readonly backgroundConsentAtMs?: number
}

/** Where the registration of a profile lies, apart from its tokens. */
export interface RegistrationStore {
  /** `undefined` when there is none; what cannot be read throws. */
  read(): Promise<Registration | undefined>
  /**
   * Stores what `change` makes of what is known, when that is another one; nobody else changes it meanwhile, in no other process either.
   *
   * @param change Leaves everything as it is when it returns nothing, what it was given, or throws
   * @returns what is stored then
   * @throws AuthError `ERR_STORE_*` where it can be neither read nor written, or is held by somebody else for too long; what `change` throws
   */
  update(change: RegistrationChange): Promise<Registration | undefined>
}

/** What becomes of a registration. It is called under a lock, and waits for nothing. */
export type RegistrationChange = (known: Registration | undefined) => Registration | undefined

/** The new registration that was begun and not finished, if there is one: to be gone on with, so that none is registered twice. */
export function unfinishedOf(registration: Registration | undefined): Registration | undefined {
  if (registration?.pendingClientId === undefined) return undefined
  return { issuer: registration.issuer, clientId: registration.pendingClientId, state: 'pending' }
}

/** Whether a sign-in under it has succeeded, wherever that is gone on with by now. */
export function wasAccepted({ state }: Registration): boolean {
  return state === 'connected' || state === 'transferred'
}

/** The registration to sign in under again, if there is one. */
export function usableOf(registration: Registration | undefined): Registration | undefined {
  return registration?.state === 'refused' ? undefined : registration
}

/** Of a sign-in that was not accepted: its client is bound to whoever approved it, and would bring nobody else (siwc 7). */
export async function refuseClient(registrations: RegistrationStore, clientId: string): Promise<void> {
  await registrations.update((known) => {
    if (known?.pendingClientId === clientId) {
      const { pendingClientId: _refused, ...kept } = known
      return kept
    }
    return known?.clientId === clientId && known.state === 'pending' ? { ...known, state: 'refused' } : known
  })
}

/** The registration that a sign-in is under: the known one, or, of another client, what the sign-in itself says of it. */
export function registrationOf(
  { provenance, identity }: Pick<ChatgptCredential, 'provenance' | 'identity'>,
  known: Registration | undefined,
): Registration | undefined {
  if (!provenance) return undefined
  const { userId: subject, email } = identity
  const kept = known?.clientId === provenance.clientId ? known : provenance
  const owner = { ...(subject !== undefined && { subject }), ...(email !== undefined && { email }) }
  return { ...kept, state: 'connected', ...owner }
}

/** A registration that ends with the process. */
export function createMemoryRegistrations(initial?: Registration): RegistrationStore {
  let current = initial
  return {
    read: async () => current,
    update: async (change) => {
      current = change(current) ?? current
      return current
    },
  }
}

import { createMemoryStore, type CredentialStore, type RefreshVerdicts } from '../core/index.js'
import { writeChosenStorage } from '../stores/index.js'
import { isKeptAs, toChosenStorage, type StorageName } from './choose-storage.js'
import { openProfile } from './open-profile.js'
import { variablesOf, type TargetEnvironment } from './process-environment.js'

/** Where a sign-in is to be kept. */
export interface PlaceOptions {
  /** Default `auto`: where the profile is kept already, else in a file. `memory` ends with this process. */
  readonly storage?: 'auto' | 'memory' | StorageName | CredentialStore | undefined
  /** Default: what `planpass use` remembered. */
  readonly profile?: string | undefined
  /** The process that the credential is meant for, when it is not this one. */
  readonly environment?: TargetEnvironment | undefined
}

/** Where it is kept, and what is left to do once it is. */
export interface SignInPlace {
  readonly store: CredentialStore
  readonly verdicts?: RefreshVerdicts
  /** Where the profile was kept before, when the sign-in moves it. */
  readonly leaves?: CredentialStore
  /** Remembers the choice of storage, once something is there. @throws AuthError `ERR_STORE_WRITE` */
  settle(): Promise<void>
}

/** Nothing is written before `settle`: a sign-in that fails leaves the profile where it was. */
export function openSignInPlace({ storage = 'auto', profile, environment }: PlaceOptions): SignInPlace {
  if (typeof storage === 'object') return { store: storage, settle: async () => {} }
  if (storage === 'memory') return { store: createMemoryStore(), settle: async () => {} }
  const current = openProfile({ profile, environment })
  if (storage === 'auto' || isKeptAs(current.storage, storage)) {
    return { store: current.store, verdicts: current.verdicts, settle: async () => {} }
  }
  const chosen = toChosenStorage(storage, variablesOf(environment))
  const next = openProfile({ profile: current.name, environment, storage: chosen })
  return {
    store: next.store,
    verdicts: next.verdicts,
    leaves: current.store,
    settle: () => writeChosenStorage(next.folder, chosen),
  }
}

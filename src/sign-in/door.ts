import type { AuthorizationGrant } from '../core/oauth.js'

/** How somebody signed in: their browser came back, they pasted the address it ended on, or they typed a code elsewhere. */
export type SignInFlow = 'browser' | 'paste' | 'device'

/** What came through a door. */
export interface SignInGrant {
  readonly flow: SignInFlow
  readonly grant: AuthorizationGrant
}

/** How a sign-in ended, for the person who waits at the door. */
export type SignInEnding = { readonly signedIn: true } | { readonly error: unknown }

/**
 * A way for a person to sign in, while it is open. The doors of one sign-in are raced: the first grant is exchanged and stored, and then every
 * door is concluded.
 */
export interface Door {
  /** Settles once: with what the person approved, or with an `AuthError` that says why nothing more can come through here. */
  readonly grant: Promise<SignInGrant>
  /**
   * Tells the person who waits at this door how it ended, and closes it: ports, timers and listeners are released when it resolves. Safe to
   * call twice; the second time nothing is said.
   */
  conclude(ending: SignInEnding): Promise<void>
}

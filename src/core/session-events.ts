import type { AuthError } from './errors.js'

/** What happens to a session, for hosts that show or react to it. Never carries a secret. */
export type SessionEvent =
  | { readonly type: 'refreshed'; readonly expiresAtMs?: number }
  /** Nothing is stored any more: signed out here, or by another process. */
  | { readonly type: 'signed-out' }
  /** Somebody else has signed in; this session refuses to go on as them. */
  | { readonly type: 'account-changed' }
  /** A rotated token lives in this process alone. Storing it is tried again. */
  | { readonly type: 'persist-failed'; readonly error: AuthError }
  | { readonly type: 'persist-recovered' }

/** Told of each event as it happens; what it throws is logged and goes no further. */
export type SessionListener = (event: SessionEvent) => void

/** Where events are told, and to whom. */
export interface SessionEvents {
  /** @returns a function that ends the subscription */
  readonly subscribe: (listener: SessionListener) => () => void
  readonly emit: (event: SessionEvent) => void
}

/** Listeners are told in order and in turn; what one throws stops neither the others nor the session. */
export function createSessionEvents(reportFailure: (message: string) => void): SessionEvents {
  const listeners = new Set<SessionListener>()
  return {
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    emit: (event) => {
      for (const listener of listeners) {
        try {
          listener(event)
        } catch {
          reportFailure(`A listener failed on the session event "${event.type}".`)
        }
      }
    },
  }
}

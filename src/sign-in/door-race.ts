import { isAuthError, type ErrorCode } from '../core/index.js'
import type { Door, SignInEnding, SignInGrant } from './door.js'
import { withResolvers } from './with-resolvers.js'

/** The doors of one sign-in. The first grant wins. */
export interface DoorRace {
  /** The first grant, or why there will be none. */
  readonly winner: Promise<SignInGrant>
  enter(door: Door): void
  /** Ends the race with what came in beside the doors. */
  win(granted: SignInGrant): void
  /** Ends the race from outside. */
  fail(error: unknown): void
  /** Tells everybody how it ended, and closes every door. */
  conclude(ending: SignInEnding): Promise<void>
}

/** What a person or their company decided; another door would only ask again. */
const decisions: ReadonlySet<ErrorCode> = new Set(['ERR_SIGN_IN_DENIED', 'ERR_SIGN_IN_NOT_ALLOWED'])

/** Whether this ends the sign-in at every door. */
export function isDecision(error: unknown): boolean {
  return isAuthError(error) && decisions.has(error.code)
}

/** A door that fails leaves the race to the others; the last one ends it. */
export function createDoorRace(): DoorRace {
  const { promise: winner, resolve, reject } = withResolvers<SignInGrant>()
  const doors: Door[] = []
  let open = 0
  winner.catch(() => undefined)

  function lose(error: unknown): void {
    open -= 1
    if (open === 0 || isDecision(error)) reject(error)
  }

  return {
    winner,
    enter: (door) => {
      doors.push(door)
      open += 1
      door.grant.then(resolve, lose)
    },
    win: resolve,
    fail: reject,
    conclude: async (ending) => {
      await Promise.all(doors.map((door) => door.conclude(ending)))
    },
  }
}

import { encode } from 'uqr'
import { isAbortError } from '../core/index.js'
import { toConsoleFailure } from './console-failure.js'
import type { SignInOrder, SignInProgress } from './console-api.js'

/** A sign-in with a device code, as the gateway orders it from whoever knows how. Rejects as the sign-in does. */
export type ConsoleSignIn = (order: {
  readonly profile: string
  /** Replaces whoever is signed in there. */
  readonly switchAccount: boolean
  readonly showDeviceCode: (code: ShownCode) => void
  readonly signal: AbortSignal
}) => Promise<{ readonly warnings: readonly string[] }>

/** What a person has to type, and where. */
export interface ShownCode {
  readonly verificationUrl: string
  readonly userCode: string
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number
}

/** The one sign-in that the console shows. */
export interface SignInDesk {
  readonly progress: SignInProgress
  start(order: Required<SignInOrder>): SignInProgress
  cancel(): SignInProgress
}

/** @param onChange Told of every step */
export function createSignInDesk(signIn: ConsoleSignIn, onChange: (progress: SignInProgress) => void): SignInDesk {
  let progress: SignInProgress = { state: 'idle' }
  let running: AbortController | undefined

  function go(next: SignInProgress): SignInProgress {
    progress = next
    onChange(next)
    return next
  }

  async function run({ profile, switchAccount }: Required<SignInOrder>, { signal }: AbortController): Promise<void> {
    const goOn = (next: SignInProgress) => (signal.aborted ? progress : go(next))
    const showDeviceCode = (code: ShownCode) => goOn({ state: 'waiting', profile, ...code, qr: toQr(code) })
    try {
      const { warnings } = await signIn({ profile, switchAccount, showDeviceCode, signal })
      goOn({ state: 'done', profile, warnings })
    } catch (error) {
      if (isAbortError(error)) goOn({ state: 'cancelled', profile })
      else goOn({ state: 'failed', profile, failure: toConsoleFailure(error) })
    }
  }

  const isUnderWay = () => progress.state === 'starting' || progress.state === 'waiting'

  return {
    get progress() {
      return progress
    },
    start(order) {
      if (isUnderWay() && 'profile' in progress && progress.profile === order.profile) return progress
      running?.abort()
      running = new AbortController()
      const started = go({ state: 'starting', profile: order.profile })
      void run(order, running)
      return started
    },
    cancel() {
      if (!isUnderWay() || !('profile' in progress)) return progress
      running?.abort()
      return go({ state: 'cancelled', profile: progress.profile })
    },
  }
}

function toQr({ verificationUrl }: ShownCode): readonly (readonly boolean[])[] {
  return encode(verificationUrl, { border: 0 }).data
}

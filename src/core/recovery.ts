/** What is done after a 401, once a request and in this order (protocol 5.5); each step is followed by one more try. */
export type RecoveryStep = 'reload' | 'refresh' | 'done'

/** Where another credential may come from after a 401. */
export interface RecoveryActions<Signing> {
  /** What is stored by now: somebody else may have renewed it. */
  readonly reload: () => Promise<Signing>
  /** A newer one from the issuer. */
  readonly refresh: (rejected: Signing) => Promise<Signing>
  readonly isSame: (one: Signing, other: Signing) => boolean
}

/** Returns what to try next with, or `undefined` when the 401 stands. */
export type Recovery<Signing> = (rejected: Signing) => Promise<Signing | undefined>

/** A recovery for one request. Unlike upstream it does not try again with a token that was just refused. */
export function startRecovery<Signing>(actions: RecoveryActions<Signing>): Recovery<Signing> {
  let step: RecoveryStep = 'reload'

  return async (rejected) => {
    if (step === 'reload') {
      step = 'refresh'
      const stored = await actions.reload()
      if (!actions.isSame(stored, rejected)) return stored
    }
    if (step === 'done') return undefined
    step = 'done'
    return actions.refresh(rejected)
  }
}

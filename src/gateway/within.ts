import { AuthError, type Clock } from '../core/index.js'

/** A page that waits longer looks as if it were broken. */
const patienceMs = 15_000

/** Lets work take no longer than somebody waits for it: then its signal aborts, with what there is to say of it. */
export async function within<Result>(
  clock: Clock,
  work: (signal: AbortSignal) => Promise<Result>,
  longestMs = patienceMs,
): Promise<Result> {
  const [late, done] = [new AbortController(), new AbortController()]
  const giveUp = () => late.abort(new AuthError('ERR_NETWORK_TIMEOUT', 'The service did not answer in time.'))
  void clock.sleep(longestMs, done.signal).then(giveUp, () => undefined)
  try {
    return await work(late.signal)
  } finally {
    done.abort()
  }
}

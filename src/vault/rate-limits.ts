import type { Clock } from '../core/index.js'

/** So many in a burst, and so many a second after that. */
export interface RateLimit {
  readonly burst: number
  readonly perSecond: number
}

interface Bucket {
  tokens: number
  atMs: number
}

/** How many buckets are kept; the one that was used longest ago is full again anyway. */
const mostBuckets = 50_000

/**
 * Limits of this instance: with several behind a balancer, each user has that many times as much. Asking the database for every request would
 * cost more than most of them.
 *
 * @returns how many milliseconds to wait, 0 when it may go on
 */
export function createRateLimits(clock: Pick<Clock, 'now'>): (name: string, limit: RateLimit) => number {
  const buckets = new Map<string, Bucket>()
  return (name, { burst, perSecond }) => {
    const nowMs = clock.now()
    const bucket = buckets.get(name) ?? { tokens: burst, atMs: nowMs }
    // A clock that is put back takes nothing away.
    const passedMs = Math.max(0, nowMs - bucket.atMs)
    bucket.tokens = Math.min(burst, bucket.tokens + (passedMs / 1000) * perSecond)
    bucket.atMs = nowMs
    buckets.delete(name)
    buckets.set(name, bucket)
    const [oldest] = buckets.keys()
    if (buckets.size > mostBuckets && oldest !== undefined) buckets.delete(oldest)
    if (bucket.tokens < 1) return ((1 - bucket.tokens) / perSecond) * 1000
    bucket.tokens -= 1
    return 0
  }
}

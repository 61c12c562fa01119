import type { GetAccountRateLimitsResponse, RateLimitSnapshot } from './protocol/wire.js'

/**
 * The limits after an update. Updates are sparse: what they leave out, or have as `null`, is as it was (protocol 8.4). An update of one limit
 * leaves the others alone.
 */
export function mergeRateLimits(
  limits: GetAccountRateLimitsResponse,
  update: RateLimitSnapshot,
): GetAccountRateLimitsResponse {
  const { rateLimits, rateLimitsByLimitId } = limits
  const limitId = update.limitId ?? rateLimits.limitId
  const known = limitId === null ? undefined : rateLimitsByLimitId?.[limitId]
  return {
    ...limits,
    rateLimits: limitId === rateLimits.limitId ? mergeSnapshot(rateLimits, update) : rateLimits,
    ...(limitId !== null && {
      rateLimitsByLimitId: { ...rateLimitsByLimitId, [limitId]: known ? mergeSnapshot(known, update) : update },
    }),
  }
}

function mergeSnapshot(before: RateLimitSnapshot, update: RateLimitSnapshot): RateLimitSnapshot {
  const told = Object.entries(update).filter(([, value]) => value !== null && value !== undefined)
  return Object.assign({}, before, Object.fromEntries(told))
}

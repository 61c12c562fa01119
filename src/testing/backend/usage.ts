import type { EmulatedAccount } from '../accounts.js'
import type { UsageScenario, UsageWindow } from './scenario.js'

/** The body of `wham/usage` (protocol 9.3). */
export function usagePayload(usage: UsageScenario, account: EmulatedAccount, nowMs: number) {
  return {
    user_id: account.userId,
    account_id: account.accountId,
    email: account.email,
    plan_type: account.planType,
    rate_limit: rateLimitPayload(usage, nowMs),
    code_review_rate_limit: null,
    additional_rate_limits: usage.additional.map((limit) => ({
      limit_name: limit.limitName,
      metered_feature: limit.meteredFeature,
      rate_limit: rateLimitPayload(limit, nowMs),
    })),
    credits: creditsPayload(usage),
    rate_limit_reached_type: usage.reachedType === null ? null : { kind: usage.reachedType },
  }
}

/** The rate-limit headers of `responses` (protocol 9.4). */
export function usageHeaders(usage: UsageScenario, account: EmulatedAccount, nowMs: number): Record<string, string> {
  return {
    'x-codex-plan-type': account.planType,
    ...windowHeaders('x-codex-primary', usage.primary, nowMs),
    ...windowHeaders('x-codex-secondary', usage.secondary, nowMs),
    ...Object.assign(
      {},
      ...usage.additional.map(({ limitName, meteredFeature, primary, secondary }) => {
        const prefix = `x-${meteredFeature.replaceAll('_', '-')}`
        return {
          ...windowHeaders(`${prefix}-primary`, primary, nowMs),
          ...windowHeaders(`${prefix}-secondary`, secondary, nowMs),
          [`${prefix}-limit-name`]: limitName,
        }
      }),
    ),
    ...(usage.credits !== null && {
      'x-codex-credits-has-credits': String(usage.credits.hasCredits),
      'x-codex-credits-unlimited': String(usage.credits.unlimited),
      'x-codex-credits-balance': usage.credits.balance,
    }),
  }
}

/** The same once more, in the stream (protocol 9.4). */
export function usageEvent(usage: UsageScenario, account: EmulatedAccount, nowMs: number) {
  return {
    type: 'codex.rate_limits',
    plan_type: account.planType,
    rate_limits: {
      allowed: true,
      limit_reached: isReached(usage),
      primary: windowEvent(usage.primary, nowMs),
      secondary: windowEvent(usage.secondary, nowMs),
    },
    code_review_rate_limits: null,
    credits: creditsPayload(usage),
    promo: null,
  }
}

type Windows = Pick<UsageScenario, 'primary' | 'secondary'>

function rateLimitPayload(windows: Windows, nowMs: number) {
  return {
    allowed: !isReached(windows),
    limit_reached: isReached(windows),
    primary_window: windowPayload(windows.primary, nowMs),
    secondary_window: windowPayload(windows.secondary, nowMs),
  }
}

function windowPayload(window: UsageWindow | null, nowMs: number) {
  if (window === null) return null
  const resetAt = resetAtSeconds(window, nowMs)
  return {
    used_percent: window.usedPercent,
    limit_window_seconds: window.windowSeconds,
    reset_after_seconds: resetAt - Math.floor(nowMs / 1000),
    reset_at: resetAt,
  }
}

function windowHeaders(prefix: string, window: UsageWindow | null, nowMs: number): Record<string, string> {
  if (window === null) return {}
  return {
    [`${prefix}-used-percent`]: String(window.usedPercent),
    [`${prefix}-window-minutes`]: String(Math.ceil(window.windowSeconds / 60)),
    [`${prefix}-reset-at`]: String(resetAtSeconds(window, nowMs)),
  }
}

function windowEvent(window: UsageWindow | null, nowMs: number) {
  if (window === null) return null
  return {
    used_percent: window.usedPercent,
    window_minutes: Math.ceil(window.windowSeconds / 60),
    reset_at: resetAtSeconds(window, nowMs),
  }
}

function creditsPayload({ credits }: UsageScenario) {
  if (credits === null) return null
  return { has_credits: credits.hasCredits, unlimited: credits.unlimited, balance: credits.balance }
}

function isReached({ primary, secondary }: Windows): boolean {
  return [primary, secondary].some((window) => window !== null && window.usedPercent >= 100)
}

function resetAtSeconds({ windowSeconds }: UsageWindow, nowMs: number): number {
  return (Math.floor(nowMs / 1000 / windowSeconds) + 1) * windowSeconds
}

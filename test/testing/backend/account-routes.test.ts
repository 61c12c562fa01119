import { describe, expect, it } from 'vitest'
import { createBackendUnderTest, nowMs, origin } from './backend-under-test.js'

const windowOf5Hours = {
  used_percent: 20,
  limit_window_seconds: 18_000,
  reset_at: expect.any(Number),
  reset_after_seconds: expect.any(Number),
}

describe('accounts/check', () => {
  it.each(['/backend-api/wham/accounts/check', '/api/codex/accounts/check'])(
    'routes the account to the origin it came by on %s',
    async (path) => {
      const response = await createBackendUnderTest().get(path)
      expect(await response.json()).toMatchObject({
        accounts: [
          {
            id: 'account-emulated-1',
            plan_type: 'plus',
            workspace_backend_origin: origin,
            account_routing_override: 'NO_CONSTRAINT',
          },
        ],
        account_ordering: ['account-emulated-1'],
      })
    },
  )

  it('routes it elsewhere when the scenario says so', async () => {
    const { scenario, get } = createBackendUnderTest()
    scenario.workspaceBackendOrigin = 'NO_CONSTRAINT'
    scenario.accountRoutingOverride = 'us'
    expect(await (await get('/backend-api/wham/accounts/check')).json()).toMatchObject({
      accounts: [{ workspace_backend_origin: 'NO_CONSTRAINT', account_routing_override: 'us' }],
    })
  })
})

describe('usage', () => {
  it.each(['/backend-api/wham/usage', '/api/codex/usage'])('tells windows and credits on %s', async (path) => {
    const response = await createBackendUnderTest().get(path)
    expect(await response.json()).toMatchObject({
      plan_type: 'plus',
      email: 'ada@example.test',
      rate_limit: {
        allowed: true,
        limit_reached: false,
        primary_window: windowOf5Hours,
        secondary_window: { used_percent: 10 },
      },
      additional_rate_limits: [],
      credits: { has_credits: false, unlimited: false, balance: '0' },
      rate_limit_reached_type: null,
    })
  })

  it('sets a reset time that lies ahead and stands still', async () => {
    const response = await createBackendUnderTest().get('/backend-api/wham/usage')
    const { rate_limit: limit } = (await response.json()) as { rate_limit: { primary_window: Record<string, number> } }
    const { reset_at: resetAt = 0, reset_after_seconds: resetAfter = 0 } = limit.primary_window
    expect(resetAt % 18_000).toBe(0)
    expect(resetAfter).toBeGreaterThan(0)
    expect(resetAt - resetAfter).toBe(nowMs / 1000)
  })

  it('tells additional limits, a missing window, and why a limit was reached', async () => {
    const { scenario, get } = createBackendUnderTest()
    const full = { usedPercent: 100, windowSeconds: 604_800 }
    scenario.usage = {
      primary: full,
      secondary: null,
      additional: [{ limitName: 'Reviews', meteredFeature: 'code_review', primary: full, secondary: null }],
      credits: null,
      reachedType: 'workspace_owner_credits_depleted',
    }
    const fullLimit = {
      allowed: false,
      limit_reached: true,
      primary_window: { used_percent: 100 },
      secondary_window: null,
    }
    expect(await (await get('/backend-api/wham/usage')).json()).toMatchObject({
      rate_limit: fullLimit,
      additional_rate_limits: [{ limit_name: 'Reviews', metered_feature: 'code_review', rate_limit: fullLimit }],
      credits: null,
      rate_limit_reached_type: { kind: 'workspace_owner_credits_depleted' },
    })
  })
})

describe('the other routes', () => {
  it('answer an empty bundle of workspace policies', async () => {
    expect(await (await createBackendUnderTest().get('/backend-api/wham/config/bundle')).json()).toEqual({})
  })

  it('know of no reset credits', async () => {
    const response = await createBackendUnderTest().get('/backend-api/wham/rate-limit-reset-credits')
    expect(await response.json()).toEqual({ available_count: 0, credits: [] })
  })

  it('answer 404 in the shape of the real service when they are unknown', async () => {
    const response = await createBackendUnderTest().get('/backend-api/wham/settings/user')
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({
      error: {
        message: 'There is no GET /backend-api/wham/settings/user.',
        type: 'invalid_request_error',
        param: null,
        code: 'not_found',
      },
    })
  })

  it('refuse a websocket with 426, so that clients fall back to HTTP', async () => {
    const response = await createBackendUnderTest().get('/backend-api/codex/responses', { upgrade: 'websocket' })
    expect(response.status).toBe(426)
  })

  it.each([
    '/wham/accounts/check',
    '/wham/usage',
    '/wham/config/bundle',
    '/codex/models',
    '/codex/responses',
    '/wham/nothing',
  ])('hand on the refusal of a missing token at %s', async (path) => {
    const response = await createBackendUnderTest().get(`/backend-api${path}`, { authorization: '' })
    expect(response.status).toBe(401)
  })
})

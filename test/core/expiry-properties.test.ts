import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { createMemoryStore, createSession, readExpiry, type Fetch } from '../../src/core/index.js'
import { dueReason, isExpired } from '../../src/core/expiry.js'
import { createServerClock } from '../../src/core/server-clock.js'
import { authText, startMs, withTokens } from '../support/auth-document.js'
import { idToken, jwt } from '../support/jwt.js'
import { parseChatgpt } from '../support/signed-in.js'

const dayMs = 24 * 60 * 60_000

/** How far the clocks of this machine and of the issuer are apart. */
const offset = fc.oneof(fc.integer({ min: -60_000, max: 60_000 }), fc.integer({ min: -dayMs, max: dayMs }))
const lifetime = fc.oneof(fc.integer({ min: 3, max: 30 }), fc.integer({ min: 3, max: 10 * 24 * 3600 }))

/** An issuer whose `Date` and claims speak of whole seconds, as real ones do. It refuses a refresh token that was spent. */
function createIssuer(lifetimeSeconds: number) {
  const issuer = { nowMs: startMs, issuedAtMs: [] as number[] }
  let refreshToken = 'rt-0'

  function issue() {
    const iat = Math.floor(issuer.nowMs / 1000)
    return {
      id_token: idToken(),
      access_token: jwt({ iat, exp: iat + lifetimeSeconds, jti: issuer.issuedAtMs.length }),
      refresh_token: refreshToken,
    }
  }

  const fetch: Fetch = async (_, init) => {
    const date = new Date(issuer.nowMs).toUTCString()
    const body = typeof init?.body === 'string' ? init.body : ''
    if (!body.includes(`"${refreshToken}"`)) throw new Error('A spent token came again.')
    issuer.issuedAtMs.push(issuer.nowMs)
    refreshToken = `rt-${issuer.issuedAtMs.length}`
    return Response.json(issue(), { headers: { date } })
  }

  return Object.assign(issuer, { issue, fetch })
}

it('a session refreshes once where once is enough, and serves no ended token, however wrong its clock', async () => {
  const gaps = fc.array(fc.double({ min: 0, max: 1.5, noNaN: true }), { minLength: 1, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(offset, lifetime, fc.nat(999), gaps, async (offsetMs, lifetimeSeconds, fractionMs, steps) => {
      const issuer = createIssuer(lifetimeSeconds)
      issuer.nowMs += fractionMs
      const store = createMemoryStore(parseChatgpt(authText(withTokens({ ...issuer.issue(), oauth_provenance: null }))))
      const clock = { now: () => issuer.nowMs + offsetMs, sleep: () => new Promise<void>(() => {}) }
      const session = createSession({ store, clock, fetch: issuer.fetch })
      for (const step of steps) {
        issuer.nowMs += Math.floor(step * lifetimeSeconds * 1000)
        const token = await session.accessToken()
        const refreshes = issuer.issuedAtMs.length
        expect((await session.accessToken()).equals(token)).toBe(true)
        expect(issuer.issuedAtMs).toHaveLength(refreshes)
        // `Date` tells no more than the second.
        const mayEndAfterMs = refreshes > 0 ? issuer.nowMs - 1000 : -Infinity
        expect(readExpiry(token.reveal())).toBeGreaterThan(mayEndAfterMs)
      }
      const pauses = issuer.issuedAtMs.slice(1).map((atMs, index) => atMs - (issuer.issuedAtMs[index] ?? 0))
      expect(Math.min(...pauses, Infinity)).toBeGreaterThanOrEqual((lifetimeSeconds * 1000) / 2 - 2000)
    }),
    { numRuns: 300 },
  )
})

it('the learned clock is right to the second and the time the answer took, and never changes one that may be right', () => {
  fc.assert(
    fc.property(offset, fc.nat(999), fc.nat(20_000), fc.nat(20_000), (offsetMs, fractionMs, thereMs, backMs) => {
      let localMs = startMs + fractionMs
      const serverMs = () => localMs + offsetMs
      const clock = createServerClock({ now: () => localMs, sleep: async () => {} })
      const sentAtMs = localMs
      localMs += thereMs
      const response = new Response(null, { headers: { date: new Date(serverMs()).toUTCString() } })
      localMs += backMs
      clock.learn(response, sentAtMs)
      expect(Math.abs(clock.now() - serverMs())).toBeLessThan(1000 + thereMs + backMs + 1)
      expect(offsetMs === 0 ? clock.offsetMs() : 0).toBe(0)
    }),
  )
})

it('a token that is due stays due, and one that has ended is due, whatever the window', () => {
  const moment = fc.integer({ min: -dayMs, max: dayMs })
  const window = fc.integer({ min: 0, max: dayMs })
  fc.assert(
    fc.property(lifetime, moment, fc.nat(dayMs), window, (lifetimeSeconds, atMs, laterMs, windowMs) => {
      const credential = parseChatgpt(authText(withTokens(createIssuer(lifetimeSeconds).issue())))
      const now = startMs + atMs
      const isDue = dueReason(credential, now, windowMs) !== undefined
      const isDueLater = dueReason(credential, now + laterMs, windowMs) === 'proactive_expiry'
      expect(isDueLater || !isDue).toBe(true)
      expect(isDue || !isExpired(credential, now)).toBe(true)
      expect(dueReason(credential, startMs, windowMs)).toBeUndefined()
    }),
  )
})

import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { AuthError, type CredentialStore, type ErrorCode, type Fetch } from '../../src/core/index.js'
import { streamResponse } from '../../src/backend/index.js'
import { isPlanUsageEnabled, recordBackgroundConsent } from '../../src/siwc/index.js'
import { readInstant } from '../../src/siwc/token-answer.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { toArray } from '../support/to-array.js'
import { answering, question, signInAs, siwcLab, untilDueMs } from './siwc-lab.js'

async function signedInLab(options: Parameters<typeof siwcLab>[0] = {}) {
  const lab = siwcLab(options)
  const credential = await lab.signIn()
  return { ...lab, credential, session: lab.session(), sessionWith: lab.session }
}

describe('a refresh', () => {
  it('is a form with the issued id and the resource, without a scope, and what it brings is verified and stored', async () => {
    const { clock, emulator, session, store, credential } = await signedInLab()
    emulator.clearLog()
    await clock.advance(untilDueMs)
    const renewed = await session.credential()
    expect(renewed.accessToken.equals(credential.accessToken)).toBe(false)
    const request = emulator.log.find(({ endpoint }) => endpoint === 'token')
    expect(request?.headers).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded' })
    expect(Object.keys(request?.body ?? {})).toEqual(['grant_type', 'client_id', 'refresh_token', 'resource'])
    expect(await store.read()).toMatchObject({ mode: 'siwc', provenance: { clientId: emulator.clients[0]?.clientId } })
    expect(emulator.counters.requests.jwks).toBe(1)
  })

  it.each<[string, ErrorCode]>([
    ['invalid_grant', 'ERR_TOKEN_REFRESH_REJECTED'],
    ['invalid_refresh_token', 'ERR_TOKEN_REFRESH_REJECTED'],
    ['token_expired', 'ERR_TOKEN_REFRESH_EXPIRED'],
    ['refresh_token_expired', 'ERR_TOKEN_REFRESH_EXPIRED'],
    ['refresh_token_invalidated', 'ERR_TOKEN_REFRESH_REVOKED'],
    ['refresh_token_reused', 'ERR_TOKEN_REFRESH_REUSED'],
  ])('that is answered %s ends the sign-in, and is not tried again', async (error, code) => {
    const { emulator, session, registrations } = await signedInLab()
    emulator.faults.add({ endpoint: 'token', status: 400, body: { error } })
    expect(await caughtCode(session.refresh())).toBe(code)
    expect(await caughtCode(session.refresh())).toBe(code)
    expect(emulator.counters.requests.token).toBe(2)
    expect(await session.status()).toMatchObject({ reason: code })
    expect(await registrations.read()).toMatchObject({ state: 'connected' })
  })

  it.each<[string, number, unknown, ErrorCode]>([
    ['a client that is refused', 401, { error: 'invalid_client' }, 'ERR_CONFIG_CLIENT'],
    ['a failure without a name', 401, {}, 'ERR_TOKEN_REFRESH_UNAVAILABLE'],
    ['a server in trouble', 503, { detail: 'later' }, 'ERR_TOKEN_REFRESH_UNAVAILABLE'],
  ])('costs nobody the sign-in after %s', async (_name, status, body, code) => {
    const { emulator, session } = await signedInLab()
    emulator.faults.add({ endpoint: 'token', status, body, times: 1 })
    expect(await caughtCode(session.refresh())).toBe(code)
    expect(await session.refresh()).toMatchObject({ mode: 'siwc' })
  })

  it.each([
    ['no type', { token_type: undefined }],
    ['no end', { expires_in: undefined }],
    ['an end in words', { expires_in: '3600' }],
    ['a scope that is no text', { scope: ['openid'] }],
    ['no tokens but the first', { refresh_token: 7, id_token: null }],
  ])('that is answered with %s loses nothing: what it was asked with is spent', async (_name, more) => {
    const { emulator, credential, sessionWith } = await signedInLab()
    const fetch = answering(emulator.fetch, (answer) => ({ ...answer, ...more }))
    const renewed = await sessionWith({ fetch }).refresh()
    expect(renewed.accessToken.equals(credential.accessToken)).toBe(false)
    expect(isPlanUsageEnabled(renewed)).toBe(true)
    expect(await sessionWith().credential()).toEqual(renewed)
  })

  it('whose ID token is none is not used, and leaves a sign-in that the next one goes on with', async () => {
    const { emulator, sessionWith } = await signedInLab()
    const fetch = answering(emulator.fetch, (answer) => ({ ...answer, id_token: 'opaque' }))
    expect(await caughtCode(sessionWith({ fetch }).refresh())).toBe('ERR_SIGN_IN_IDENTITY')
    expect(await caughtCode(sessionWith().credential())).toBe('ERR_SIGN_IN_IDENTITY')
    expect(await sessionWith().refresh()).toMatchObject({ mode: 'siwc' })
  })

  it('is not sent before the time that the issuer asked for', async () => {
    const lab = siwcLab()
    const notBefore = Math.floor(lab.clock.now() / 1000) + 600
    const fetch = answering(lab.emulator.fetch, (answer) => ({ ...answer, earliest_refresh_at: notBefore }))
    await lab.signIn()
    const session = lab.session({ fetch })
    await session.refresh()
    expect(await caughtAuthError(session.refresh())).toMatchObject({
      code: 'ERR_TOKEN_REFRESH_UNAVAILABLE',
      retryAfterMs: 600_000,
    })
    expect(lab.emulator.counters.requests.token).toBe(2)
  })

  it('is not begun over and over while that time is still to come and the token is good', async () => {
    const lab = siwcLab()
    const warned: string[] = []
    await lab.signIn()
    const { expiresAtMs = 0 } = await lab.session().credential()
    const notBefore = expiresAtMs / 1000 - 60
    const fetch = answering(lab.emulator.fetch, (answer) => ({ ...answer, earliest_refresh_at: notBefore }))
    const session = lab.session({ fetch, logger: { debug: () => undefined, warn: (line) => void warned.push(line) } })
    await session.refresh()
    await lab.clock.advance(expiresAtMs - lab.clock.now() - 240_000)
    for (let seconds = 0; seconds < 120; seconds += 15) {
      await session.credential()
      await lab.clock.advance(15_000)
    }
    expect(warned).toEqual([expect.stringContaining('takes no refresh of this sign-in before')])
  })

  it('reads that time leniently, as nobody says what it looks like', () => {
    const nothing = [null, undefined, 'soon', {}, 1e20]
    expect(nothing.map(readInstant)).toEqual(nothing.map(() => undefined))
    const inMilliseconds = Date.UTC(2026, 0, 1)
    expect([1.5, '1970-01-01T00:00:02Z', inMilliseconds / 1000, inMilliseconds].map(readInstant)).toEqual([
      1500,
      2000,
      inMilliseconds,
      inMilliseconds,
    ])
  })
})

describe('a crash between rotation and verification', () => {
  it('loses nothing: the next process verifies what lies there, and spends no second token', async () => {
    const { emulator, session, store, clock, sessionWith } = await signedInLab()
    const outage = emulator.faults.add({ endpoint: 'jwks', status: 503 })
    emulator.clearLog()
    expect(await caughtAuthError(session.refresh())).toMatchObject({
      code: 'ERR_UPSTREAM_UNAVAILABLE',
      retryable: true,
    })
    const stored = await store.read()
    expect(stored && 'document' in stored && stored.document?.reveal()).toContain('pending_id_token')
    expect(await caughtCode(session.credential())).toBe('ERR_UPSTREAM_UNAVAILABLE')
    outage.remove()
    const next = await sessionWith().credential()
    expect(next.document?.reveal()).not.toContain('pending_id_token')
    expect(await store.read()).toEqual(next)
    expect(emulator.counters.requests.token).toBe(1)
    await clock.advance(untilDueMs)
    expect(await sessionWith().credential()).toMatchObject({ mode: 'siwc' })
  })

  it('takes nothing away from who has verified it and cannot write that down', async () => {
    const { store, emulator, clock, sessionWith } = await signedInLab()
    let turns = 0
    const update: CredentialStore['update'] = async (change, options) => {
      turns += 1
      if (turns > 1) throw new AuthError('ERR_STORE_LOCKED', 'Somebody holds it.')
      return store.update(change, options)
    }
    const logger = { debug: () => {}, warn: vi.fn<(message: string) => void>() }
    const session = sessionWith({ store: { ...store, update }, logger })
    await clock.advance(untilDueMs)
    const renewed = await session.credential()
    expect(await toArray(streamResponse(session, question))).not.toEqual([])
    expect(logger.warn.mock.calls).toEqual([[expect.stringContaining('could not be stored')]])
    expect(await sessionWith().credential()).toEqual(renewed)
    expect(emulator.counters.refresh.ok).toBe(1)
  })

  it('waits ten seconds for the keys, and no longer', { timeout: 5000 }, async () => {
    const { emulator, session, clock } = await signedInLab()
    const deadline = new AbortController()
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(deadline.signal)
    onTestFinished(() => timeout.mockRestore())
    const silence = emulator.faults.add({ endpoint: 'jwks', delayMs: 60_000 })
    const code = caughtCode(session.refresh())
    await vi.waitUntil(() => clock.sleeping > 0, { interval: 1 })
    deadline.abort(new DOMException('The operation timed out.', 'TimeoutError'))
    expect(await code).toBe('ERR_NETWORK_TIMEOUT')
    expect(timeout).toHaveBeenCalledWith(10_000)
    silence.remove()
    timeout.mockRestore()
    expect(await session.credential()).toMatchObject({ mode: 'siwc' })
    expect(emulator.counters.refresh.ok).toBe(1)
  })

  it('does not let a token be used that turns out to be somebody else’s', async () => {
    const { emulator, session } = await signedInLab()
    emulator.faults.add({ endpoint: 'jwks', body: { keys: [] } })
    expect(await caughtCode(session.refresh())).toBe('ERR_SIGN_IN_IDENTITY')
    expect(await caughtCode(toArray(streamResponse(session, question)))).toBe('ERR_SIGN_IN_IDENTITY')
    expect(emulator.counters.requests.responses).toBe(0)
  })

  it('is verified once for all who ask meanwhile', async () => {
    const { emulator, session, sessionWith } = await signedInLab()
    const outage = emulator.faults.add({ endpoint: 'jwks', status: 503 })
    await caughtCode(session.refresh())
    outage.remove()
    emulator.clearLog()
    const next = sessionWith()
    await Promise.all(Array.from({ length: 5 }, () => next.credential()))
    expect(emulator.counters.requests.jwks).toBe(1)
  })
})

describe('many sessions over one store', () => {
  it('share one refresh', async () => {
    const { emulator, clock, sessionWith } = await signedInLab()
    await clock.advance(untilDueMs)
    await Promise.all(Array.from({ length: 8 }, () => sessionWith().credential()))
    expect(emulator.counters.refresh.ok).toBe(1)
  })
})

describe('plan use', () => {
  it('is disabled without the granted scope: the identity stays, and nothing is asked', async () => {
    const { emulator, session, store } = await signedInLab({ scenario: { planUsage: false } })
    expect(await session.status()).toMatchObject({ signedIn: true, mode: 'siwc', email: 'ada@example.test' })
    expect(await caughtCode(toArray(streamResponse(session, question)))).toBe('ERR_TOKEN_PLAN_DISABLED')
    expect(emulator.counters.requests.responses).toBe(0)
    const stored = await store.read()
    expect(stored && 'accessToken' in stored && isPlanUsageEnabled(stored)).toBe(false)
  })

  it('is enabled by a sign-in that asks for consent, under the same client', async () => {
    const lab = await signedInLab({ scenario: { planUsage: false } })
    lab.emulator.scenario.planUsage = true
    expect(isPlanUsageEnabled(await lab.signIn(lab.providerWith({ asksForConsent: true })))).toBe(true)
    expect(lab.emulator.clients).toHaveLength(1)
    expect(await toArray(streamResponse(lab.session, question))).not.toEqual([])
  })

  it('ends with the refresh after which it is no longer granted', async () => {
    const { emulator, session } = await signedInLab()
    emulator.scenario.planUsage = false
    expect(await caughtCode(session.refresh())).toBe('ERR_TOKEN_PLAN_DISABLED')
  })

  it('in the background needs a consent that is written down', async () => {
    const lab = await signedInLab()
    const session = lab.sessionWith({ provider: lab.providerWith({ background: true }) })
    expect(await caughtCode(session.credential())).toBe('ERR_CONFIG_TERMS')
    await recordBackgroundConsent(lab.registrations, lab.clock.now())
    expect(await session.credential()).toMatchObject({ mode: 'siwc' })
  })

  it('in the background is nobody’s to consent to who has not signed in', async () => {
    const lab = siwcLab()
    lab.emulator.faults.add({ endpoint: 'token', status: 503, times: 1 })
    await caughtCode(lab.signIn())
    expect(await caughtCode(recordBackgroundConsent(lab.registrations, lab.clock.now()))).toBe('ERR_SIGN_IN_REQUIRED')
    await lab.signIn()
    expect(await lab.registrations.read()).not.toHaveProperty('backgroundConsentAtMs')
  })
})

describe('a sign-out', () => {
  it('revokes by a form, and keeps the registration and the host', async () => {
    const lab = await signedInLab()
    expect(await lab.session.signOut()).toEqual({ removed: true, revocation: 'revoked' })
    const request = lab.emulator.log.find(({ endpoint }) => endpoint === 'revoke')
    expect(request?.path).toBe('/api/accounts/oauth/revoke')
    expect(request?.body).toMatchObject({
      token_type_hint: 'refresh_token',
      client_id: lab.emulator.clients[0]?.clientId,
    })
    expect(await lab.store.read()).toBeUndefined()
    await lab.signIn()
    expect(lab.emulator.clients).toHaveLength(1)
    expect([...(lab.emulator.clients[0]?.hostIds ?? [])]).toEqual([lab.hostId])
  })

  it.each([
    ['is answered 200', { status: 200, body: '' }, 1, 'revoked'],
    ['is answered 503', { status: 503 }, 3, 'failed'],
    ['is lost', { drop: 'before' as const }, 3, 'failed'],
    ['is lost on its way back', { drop: 'after' as const, times: 2 }, 3, 'revoked'],
  ])('that %s is told as it ends', async (_what, fault, times, revocation) => {
    const { emulator, session, clock } = await signedInLab()
    emulator.faults.add({ endpoint: 'revoke', ...fault })
    const result = session.signOut()
    await clock.advance(0)
    while (emulator.counters.requests.revoke < times) await clock.advance(500)
    expect(await result).toMatchObject({ removed: true, revocation })
    expect(emulator.counters.requests.revoke).toBe(times)
  })

  it('lets go of every answer that it does not read', async () => {
    const lab = await signedInLab()
    const { emulator, sessionWith, clock } = lab
    emulator.faults.add({ endpoint: 'revoke', status: 503, body: { detail: 'later' } })
    const answers: Response[] = []
    const fetch: Fetch = async (input, init) => {
      const response = await emulator.fetch(input, init)
      answers.push(response)
      return response
    }
    const result = sessionWith({ fetch }).signOut()
    await clock.advance(0)
    while (emulator.counters.requests.revoke < 3) await clock.advance(500)
    await result
    emulator.faults.add({ endpoint: 'discovery', status: 503, body: { detail: 'later' } })
    await caughtCode(signInAs(lab.provider, { ...lab, fetch }))
    expect(answers.map(({ bodyUsed }) => bodyUsed)).toEqual(answers.map(() => true))
  })

  it('whose time is up between two tries forgets all the same', async () => {
    const { emulator, store, sessionWith } = await signedInLab()
    const deadline = new AbortController()
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(deadline.signal)
    onTestFinished(() => timeout.mockRestore())
    emulator.faults.add({ endpoint: 'revoke', status: 503 })
    const fetch: Fetch = async (input, init) => {
      const response = await emulator.fetch(input, init)
      if (emulator.counters.requests.revoke > 0) deadline.abort(new DOMException('Too late.', 'TimeoutError'))
      return response
    }
    const result = await sessionWith({ fetch }).signOut()
    expect(result).toMatchObject({ removed: true, revocation: 'failed', failure: { code: 'ERR_NETWORK_TIMEOUT' } })
    expect(await store.read()).toBeUndefined()
  })

  it('is done when the issuer does not know the token any more', async () => {
    const { emulator, session } = await signedInLab()
    emulator.revokeSession(emulator.sessions[0]?.id ?? '')
    expect(await session.signOut()).toMatchObject({ revocation: 'revoked' })
  })
})

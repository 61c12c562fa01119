import { describe, expect, it, vi } from 'vitest'
import { AuthError, isAbortError, isAuthError } from '../../src/core/index.js'

describe('an AuthError', () => {
  it('says what happened, then what to do', () => {
    const error = new AuthError('ERR_STORE_WRITE', 'The disk is full.')
    expect(error.message).toBe('The disk is full. Check free space and permissions. Nothing was changed.')
    expect(error.name).toBe('AuthError')
    expect(error.remedy).toBe('fix-configuration')
  })

  it('lets the thrower give a more exact advice', () => {
    const error = new AuthError('ERR_STORE_WRITE', 'The disk is full.', { advice: 'Free some.' })
    expect(error.message).toBe('The disk is full. Free some.')
    expect(error.advice).toBe('Free some.')
  })

  it('is retryable when waiting or trying again may help, and only then', () => {
    expect(new AuthError('ERR_NETWORK_UNREACHABLE', '.').retryable).toBe(true)
    expect(new AuthError('ERR_UPSTREAM_USAGE_LIMIT', '.').retryable).toBe(true)
    expect(new AuthError('ERR_TOKEN_REFRESH_REVOKED', '.').retryable).toBe(false)
    expect(new AuthError('ERR_CONFIG_URL', '.').retryable).toBe(false)
  })

  it('carries a cause, a wait and a request id when there are any, and no empty members', () => {
    const cause = new Error('why')
    const error = new AuthError('ERR_UPSTREAM_RATE_LIMITED', '.', { cause, retryAfterMs: 1000, requestId: 'req_1' })
    expect(error).toMatchObject({ cause, retryAfterMs: 1000, requestId: 'req_1' })
    expect(Object.keys(new AuthError('ERR_CONFIG_URL', '.', { cause: undefined }))).not.toContain('retryAfterMs')
    expect('cause' in new AuthError('ERR_CONFIG_URL', '.', { cause: undefined })).toBe(false)
  })
})

describe('isAuthError', () => {
  it('recognises the error of another copy of the package', async () => {
    vi.resetModules()
    const copy = await import('../../src/core/errors.js')
    const foreign = new copy.AuthError('ERR_CONFIG_URL', '.')
    expect(foreign).not.toBeInstanceOf(AuthError)
    expect(isAuthError(foreign)).toBe(true)
    expect(copy.isAuthError(new AuthError('ERR_CONFIG_URL', '.'))).toBe(true)
  })

  it.each([undefined, null, 'ERR_CONFIG_URL', 1, {}, new Error('x'), { code: 'ERR_CONFIG_URL', name: 'AuthError' }])(
    'does not take %o for one',
    (value) => {
      expect(isAuthError(value)).toBe(false)
    },
  )
})

it('tells an abort from a timeout and from any other error', () => {
  expect(isAbortError(AbortSignal.abort().reason)).toBe(true)
  expect(isAbortError(new DOMException('late', 'TimeoutError'))).toBe(false)
  expect(isAbortError(new Error('AbortError'))).toBe(false)
})

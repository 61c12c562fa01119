import { describe, expect, it } from 'vitest'
import { toAuthorizationError } from '../../src/sign-in/callback-failures.js'

const rows = [
  { error: 'access_denied', description: 'The user said no', code: 'ERR_SIGN_IN_DENIED', says: 'The user said no' },
  { error: 'access_denied', description: null, code: 'ERR_SIGN_IN_DENIED', says: '(access_denied)' },
  { error: 'server_error', description: 'oops', code: 'ERR_SIGN_IN_FAILED', says: 'server_error: oops' },
  { error: 'temporarily_unavailable', description: null, code: 'ERR_SIGN_IN_FAILED', says: 'is busy' },
  { error: 'invalid_scope', description: 'no such', code: 'ERR_SIGN_IN_FAILED', says: 'invalid_scope: no such' },
  { error: '', description: '', code: 'ERR_SIGN_IN_FAILED', says: '(no reason given)' },
]

describe('a failure that the authorization server reports', () => {
  it.each(rows)('is $code for "$error" with $description', ({ error, description, code, says }) => {
    expect(toAuthorizationError(error, description)).toMatchObject({ code, summary: expect.stringContaining(says) })
  })

  it.each(['missing_codex_entitlement', 'no: Missing_Codex_Entitlement (x)'])(
    'is about the workspace with %s, which is not quoted',
    (description) => {
      const error = toAuthorizationError('access_denied', description)
      expect(error).toMatchObject({
        code: 'ERR_SIGN_IN_NOT_ALLOWED',
        summary: 'Codex is not enabled for your workspace (access_denied).',
        advice: 'Contact your workspace administrator to request access to Codex.',
      })
      expect(error.message.toLowerCase()).not.toContain('entitlement')
    },
  )

  it('is about the workspace only when access was denied', () => {
    expect(toAuthorizationError('server_error', 'missing_codex_entitlement').code).toBe('ERR_SIGN_IN_FAILED')
  })

  it('is one line without secrets and control characters, however long it is', () => {
    const secret = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0'
    const { message } = toAuthorizationError('bad\r\nX-Header: 1', `\u001B[2J${secret} ${'word '.repeat(500)}`)
    expect(message).not.toMatch(/[\p{Cc}]/u)
    expect(message).not.toContain(secret)
    expect(message.length).toBeLessThan(500)
  })
})

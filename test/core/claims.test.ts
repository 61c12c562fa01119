import { describe, expect, it } from 'vitest'
import { decodeClaims, readExpiry, readIdentity } from '../../src/core/index.js'
import { jwt } from '../support/jwt.js'

describe('decodeClaims', () => {
  it('reads the claims of a JWT, whatever its signature', () => {
    expect(decodeClaims(jwt({ sub: 'Zoë', n: 1 }))).toEqual({ sub: 'Zoë', n: 1 })
  })

  it.each([
    ['no text', ''],
    ['an opaque token', 'at-1234'],
    ['two parts', 'a.e30'],
    ['four parts', 'a.e30.b.c'],
    ['an empty header', '.e30.c'],
    ['an empty signature', 'a.e30.'],
    ['a payload that is not base64url', 'a.%%%.c'],
    ['a payload that is not JSON', 'a.b.c'],
    ['a payload that is an array', 'a.W10.c'],
    ['a payload that is null', 'a.bnVsbA.c'],
  ])('finds none in %s', (_, token) => {
    expect(decodeClaims(token)).toBeUndefined()
  })
})

describe('readExpiry', () => {
  it('gives milliseconds for the seconds of `exp`', () => {
    expect(readExpiry(jwt({ exp: 1_800_000_000 }))).toBe(1_800_000_000_000)
  })

  it.each([
    ['an opaque token', 'opaque'],
    ['no `exp`', jwt({})],
    ['an `exp` that is text', jwt({ exp: '1800000000' })],
    ['an `exp` that is null', jwt({ exp: null })],
  ])('knows no end for %s', (_, token) => {
    expect(readExpiry(token)).toBeUndefined()
  })
})

describe('readIdentity', () => {
  const auth = 'https://api.openai.com/auth'

  it('reads the person, the plan and the workspace', () => {
    const claims = {
      email: 'ada@example.test',
      [auth]: {
        chatgpt_plan_type: 'pro',
        chatgpt_user_id: 'user-1',
        chatgpt_account_id: 'account-1',
        chatgpt_account_is_fedramp: true,
      },
    }
    expect(readIdentity(claims)).toEqual({
      email: 'ada@example.test',
      planType: 'pro',
      userId: 'user-1',
      accountId: 'account-1',
      isFedramp: true,
    })
  })

  it('falls back to the profile for the email and to `user_id` for the person', () => {
    const claims = { 'https://api.openai.com/profile': { email: 'a@b.test' }, [auth]: { user_id: 'user-2' } }
    expect(readIdentity(claims)).toEqual({ email: 'a@b.test', userId: 'user-2', isFedramp: false })
  })

  it('keeps a plan it has never heard of', () => {
    expect(readIdentity({ [auth]: { chatgpt_plan_type: 'mega' } }).planType).toBe('mega')
  })

  it.each([[undefined], [{}], [{ [auth]: null }], [{ [auth]: 'text', email: 7 }], [{ [auth]: { user_id: 1 } }]])(
    'makes nothing up from %o',
    (claims) => {
      expect(readIdentity(claims)).toEqual({ isFedramp: false })
    },
  )
})

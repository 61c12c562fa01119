const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A JWT that nobody signed: three parts and readable claims are all that a client looks at (protocol 2.5). */
export function jwt(claims: Record<string, unknown>): string {
  return `${encode({ alg: 'none' })}.${encode(claims)}.c2lnbmF0dXJl`
}

export interface Person {
  readonly email?: string
  readonly userId?: string
  readonly accountId?: string
}

export const ada: Required<Person> = { email: 'ada@example.test', userId: 'user-ada', accountId: 'account-ada' }

export function idToken(person: Person = ada, more: Record<string, unknown> = {}): string {
  return jwt({
    email: person.email,
    'https://api.openai.com/auth': {
      chatgpt_account_id: person.accountId,
      chatgpt_user_id: person.userId,
      chatgpt_plan_type: 'plus',
      ...more,
    },
  })
}

export function accessToken(expiresAtMs: number): string {
  return jwt({ exp: Math.floor(expiresAtMs / 1000) })
}

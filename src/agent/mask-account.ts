import type { AgentAccount } from './agent-result.js'

/** How much of who is signed in may be told: enough for the person to recognise it, or all of it. */
export type Disclosure = 'masked' | 'full'

interface KnownAccount {
  readonly email?: string | undefined
  readonly accountId?: string | undefined
  readonly planType?: string | undefined
}

export function toAgentAccount({ email, accountId, planType }: KnownAccount, discloses: Disclosure): AgentAccount {
  const isFull = discloses === 'full'
  return {
    ...(email !== undefined && { email: isFull ? email : maskEmail(email) }),
    ...(isFull && accountId !== undefined && { accountId }),
    ...(planType !== undefined && { plan: planType }),
  }
}

/** `ada@example.test` becomes `a***@example.test`. */
function maskEmail(email: string): string {
  const at = email.lastIndexOf('@')
  return at < 1 ? '***' : `${email.slice(0, 1)}***${email.slice(at)}`
}

import { createHash } from 'node:crypto'
import { AuthError } from '../core/index.js'

/** Whose credential it is: a user of a tenant, by the names the host has for them. */
export interface VaultOwner {
  readonly tenant: string
  readonly user: string
}

const longestName = 200

/** @throws AuthError `ERR_CONFIG_USAGE` for a name that is empty, too long, not plain text, or stands for all tenants */
export function checkOwner({ tenant, user }: VaultOwner): VaultOwner {
  if (!isName(tenant) || tenant === everyTenant) throw unusable('tenant')
  if (!isName(user)) throw unusable('user')
  return { tenant, user }
}

/** What the vault itself works as: it is never a tenant's name. */
export const everyTenant = '*'

/** Well formed, since what is not would be stored as something else; without control characters, one of which parts the two in a key. */
export function isName(text: unknown): text is string {
  return typeof text === 'string' && text !== '' && text.length <= longestName && !/[\p{Cc}\p{Cs}]/u.test(text)
}

/** For maps: no name holds the character between the two. */
export function nameOf({ tenant, user }: VaultOwner): string {
  return `${tenant}\u001F${user}`
}

/** How a change of this credential is told of: everybody may listen, so it says nothing of names. The database makes it the same way. */
export function changeKey(owner: VaultOwner): string {
  return createHash('sha256').update(nameOf(owner)).digest('hex').slice(0, 32)
}

function unusable(what: string): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', `The name of the ${what} is empty, too long, reserved or not plain text.`)
}

import { AuthError, isAuthError } from '../core/index.js'
import { rewrapKey } from './envelope.js'
import type { Vault } from './open-vault.js'
import type { VaultOwner } from './owner.js'

const nobody: VaultOwner = { tenant: '', user: '' }

/**
 * Wraps every credential's key, and the vault's own secret, anew with the current key, while the vault is in use. When it is done, the old key opens nothing any more.
 *
 * @param batch How many are asked for at a time.
 * @returns how many were wrapped anew
 * @throws AuthError `ERR_STORE_DECRYPT` in the end, when some could not be opened; all others are wrapped by then
 */
export async function rotateKeys(vault: Vault, signal?: AbortSignal, batch = 500): Promise<number> {
  const counts = { wrapped: 0, damaged: 0 }
  // First, whatever becomes of the rest: without it, nobody who has only the current key could open the vault at all.
  await vault.database.rewrapScopeKey(vault.keys)
  // Again, until a walk finds nothing to do: an instance that does not know the new key yet goes on writing with the old one.
  for (let before = -1; before !== counts.wrapped;) {
    before = counts.wrapped
    counts.damaged = 0
    await walk(vault, counts, batch, signal)
  }
  if (counts.damaged > 0) throw damaged(counts.damaged)
  return counts.wrapped
}

/** Once past all of them, in order: a walk costs the same wherever it is. */
async function walk(
  { database, keys }: Vault,
  counts: { wrapped: number; damaged: number },
  batch: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  let last: VaultOwner | undefined = nobody
  while (last) {
    signal?.throwIfAborted()
    const rows: Awaited<ReturnType<typeof database.wrappedByOthers>> = await database.wrappedByOthers(
      keys.currentKeyId,
      last,
      batch,
    )
    for (const { tenant, user, generation, keyId, wrappedKey } of rows) {
      const place = { tenant, user, mark: String(generation) }
      const wrapped = await unlessDamaged(() => rewrapKey(keys, { keyId, wrappedKey }, place))
      if (!wrapped) counts.damaged += 1
      else if (await database.rewrap(place, generation, keyId, keys.currentKeyId, wrapped)) counts.wrapped += 1
    }
    last = rows.at(-1)
  }
}

/** One that nobody can open must not keep all others under the old key. */
async function unlessDamaged(work: () => Promise<Buffer>): Promise<Buffer | undefined> {
  try {
    return await work()
  } catch (error) {
    if (isAuthError(error) && error.code === 'ERR_STORE_DECRYPT') return undefined
    throw error
  }
}

function damaged(count: number): AuthError {
  return new AuthError('ERR_STORE_DECRYPT', `${count} credentials could not be opened; all others are wrapped anew.`, {
    advice: 'Their users have to sign in again, or the key they are wrapped with is missing.',
  })
}

import { rewrapKey } from './envelope.js'
import type { Vault } from './open-vault.js'

const batch = 500

/**
 * Wraps every credential's key anew with the current key, while the vault is in use. When it is done, the old key opens nothing any more.
 *
 * @returns how many were wrapped anew
 */
export async function rotateKeys({ database, keys }: Vault, signal?: AbortSignal): Promise<number> {
  let done = 0
  for (;;) {
    signal?.throwIfAborted()
    const rows = await database.wrappedByOthers(keys.currentKeyId, batch)
    if (rows.length === 0) return done
    for (const { tenant, user, generation, keyId, wrappedKey } of rows) {
      const owner = { tenant, user }
      const wrapped = await rewrapKey(keys, { keyId, wrappedKey }, { ...owner, mark: String(generation) })
      if (await database.rewrap(owner, generation, keyId, keys.currentKeyId, wrapped)) done += 1
    }
  }
}

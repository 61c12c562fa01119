import { isSameDigest, digestKey } from './api-key.js'

/** A client's key, without the key. */
export interface ClientKey {
  readonly name: string
  readonly createdAtMs: number
  /** The models it may use; every one when `undefined`. */
  readonly models?: readonly string[] | undefined
  /** Tokens, in and out, that it may use in a day of UTC. */
  readonly dailyTokens?: number | undefined
}

/** A client's key as it is kept. */
export interface StoredKey extends ClientKey {
  /** SHA-256 of the key. */
  readonly digest: Buffer
}

/** Who may use a gateway. */
export interface KeyRing {
  /** The key's client, if it is anybody's. */
  find(key: string): Promise<ClientKey | undefined>
  list(): Promise<readonly ClientKey[]>
}

/** @param read The keys there are, whenever they are asked for. */
export function createKeyRing(read: () => Promise<readonly StoredKey[]>): KeyRing {
  return {
    async find(key) {
      const digest = digestKey(key)
      // Compared with every one of them, so that the time does not tell which it was.
      const [found] = (await read()).filter((stored) => isSameDigest(stored.digest, digest))
      return found
    },
    list: read,
  }
}

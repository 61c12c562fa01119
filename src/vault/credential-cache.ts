import type { CredentialStore } from '../core/index.js'
import type { ChangeFeed } from './change-feed.js'
import { changeKey, type VaultOwner } from './owner.js'
import type { Snapshot, VaultStore } from './vault-store.js'

/** What is kept of one user. */
interface Entry {
  snapshot: Snapshot | undefined
  readAtMs: number
  /** The newest generation that was heard of. Anybody can send a notification, so it only makes us look. */
  heard: bigint
  /** The newest generation that was read. An older one is not believed. */
  proven: bigint
}

/** Credentials in the memory of this process, each in the generation it was read in, until a newer one is heard of. */
export interface CredentialCache {
  /** A store that reads from here what is still good, and changes what `store` does. */
  readonly cached: (owner: VaultOwner, store: VaultStore) => CredentialStore
  readonly size: () => number
  readonly counters: { hits: number; misses: number }
}

export interface CredentialCacheOptions {
  readonly feed: ChangeFeed
  readonly now: () => number
  /** How many are kept. */
  readonly most: number
  /** After how long one is read again, whatever was heard. */
  readonly maxAgeMs: number
}

export function createCredentialCache({ feed, now, most, maxAgeMs }: CredentialCacheOptions): CredentialCache {
  const entries = new Map<string, Entry>()
  const counters = { hits: 0, misses: 0 }
  /** How often changes may have been missed. */
  let gaps = 0

  feed.subscribe((key, generation) => {
    if (key === undefined) gaps += 1
    if (key === undefined) for (const entry of entries.values()) entry.snapshot = undefined
    const entry = key === undefined ? undefined : entries.get(key)
    if (entry && generation > entry.heard) entry.heard = generation
  })

  /** The one used last stands last, so the first one is the one to go. */
  function entryOf(key: string): Entry {
    const entry = entries.get(key) ?? { snapshot: undefined, readAtMs: 0, heard: 0n, proven: 0n }
    entries.delete(key)
    entries.set(key, entry)
    const [oldest] = entries.keys()
    if (entries.size > most && oldest !== undefined) entries.delete(oldest)
    return entry
  }

  function good({ snapshot, readAtMs, heard }: Entry): Snapshot | undefined {
    if (!snapshot || !feed.isUp() || snapshot.generation < heard) return undefined
    return Math.abs(now() - readAtMs) < maxAgeMs ? snapshot : undefined
  }

  function cached(owner: VaultOwner, store: VaultStore): CredentialStore {
    const key = changeKey(owner)

    async function snapshot(): Promise<Snapshot | undefined> {
      const entry = entryOf(key)
      const kept = good(entry)
      counters[kept ? 'hits' : 'misses'] += 1
      if (kept) return kept
      const [readAtMs, gapsBefore] = [now(), gaps]
      const found = await store.readSnapshot(entry.proven)
      // What changed in a gap was not heard of; and of two reads, the older one may come in last.
      if (gaps !== gapsBefore || (found && found.generation < entry.proven)) return found
      entry.snapshot = found
      entry.readAtMs = readAtMs
      if (found) entry.proven = found.generation
      return found
    }

    return {
      ...store,
      read: async () => (await snapshot())?.credential,
      revision: async () => {
        const found = await snapshot()
        return found && String(found.generation)
      },
    }
  }

  return { cached, size: () => entries.size, counters }
}

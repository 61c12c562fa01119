import { createSession, type Fetch, type Session } from '../core/index.js'
import type { Wire } from '../network/index.js'
import { createLazyTransport, createLazyWire } from '../node/index.js'
import { createFileCache, type FileCache } from '../stores/index.js'
import type { Invocation } from './command.js'
import { openStore, type StoredProfile } from './open-store.js'

/** What a command works with: the profile's store and a session over it. Opening it reads no credential and connects nothing. */
export interface Profile extends StoredProfile {
  readonly session: Session
  readonly fetch: Fetch
  readonly wire: Wire
  readonly cache: FileCache
}

/**
 * @param named Default: what `--profile` says, else what `planpass use` remembered.
 * @throws AuthError `ERR_CONFIG_*`
 */
export function openProfile(invocation: Invocation, named?: string): Profile {
  const { host } = invocation
  const stored = openStore(invocation, named)
  const fetch = createLazyTransport(host.environment)
  const logger = { debug: () => {}, warn: (message: string) => host.stderr.write(`planpass: ${message}\n`) }
  const session = createSession({ ...stored, fetch, clock: host.clock, logger })
  return {
    ...stored,
    session,
    fetch,
    wire: createLazyWire(host.environment),
    cache: createFileCache(stored.cacheFolder),
  }
}

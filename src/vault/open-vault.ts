import {
  AuthError,
  codexProvider,
  createClientIdentity,
  createSession,
  platformFetch,
  systemClock,
  type ChatgptCredential,
  type ClientIdentity,
  type Clock,
  type CredentialStore,
  type ErrorCode,
  type Fetch,
  type Provider,
  type Session,
} from '../core/index.js'
import { openChangeFeed } from './change-feed.js'
import { createCredentialCache } from './credential-cache.js'
import { databasePatienceMs as defaultPatienceMs, persist } from './database-failure.js'
import { assertGeneralAccessAllowed } from '../siwc/index.js'
import type { VaultDriver } from './driver.js'
import { createIssuerCircuit } from './issuer-circuit.js'
import type { KeyEncryption } from './key-encryption.js'
import { applyMigrations, isMigrated } from './migrate.js'
import { checkOwner, nameOf, type VaultOwner } from './owner.js'
import { createScopes, giveScopeKey, isHandedOver } from './scope.js'
import { createVaultDatabase, type AuditEntry, type VaultDatabase } from './vault-database.js'
import { createTracedDriver, type VaultTracer } from './trace.js'
import { createOwnerTurns, createVaultStore, type VaultStore, type VaultStoreParts } from './vault-store.js'

/** What a vault is made of. Only the database and the keys have no default. */
export interface VaultOptions {
  /** See `createPgDriver` and `createPostgresDriver`. */
  readonly driver: VaultDriver
  readonly keys: KeyEncryption
  /** The role that owns the schema, where it is another one than that of `driver`: migrates when there is something to migrate. */
  readonly owner?: VaultDriver
  readonly provider?: Provider
  /** Where OpenAI’s written approval is found, for a provider whose terms keep sign-ins on machines of their person. */
  readonly siwcApproval?: string
  readonly identity?: ClientIdentity
  readonly fetch?: Fetch
  readonly clock?: Clock
  readonly random?: () => number
  /** How long before its end an access token is refreshed by the workers, in milliseconds; default ten minutes. */
  readonly refreshAheadMs?: number
  /** How many users an instance keeps in memory; default 10000. */
  readonly cacheSize?: number
  /** After how long what is in memory is read again, whether or not a change was heard of; default 30000 milliseconds. */
  readonly cacheMaxAgeMs?: number
  /** How long a holder that goes silent before it spends anything keeps the others waiting; default 15000 milliseconds. */
  readonly leaseMs?: number
  /** The same for one who was about to spend a token, whose answer may still be on the way; default 60000 milliseconds. */
  readonly graceMs?: number
  /** How long a database in trouble is tried again, in milliseconds; default 10000. */
  readonly databasePatienceMs?: number
  /** Of `@opentelemetry/api`: a span for each statement, by its name. */
  readonly tracer?: VaultTracer
}

/** What happens in the vault, for hosts. Never carries a secret. */
export type VaultEvent =
  | { readonly type: 'refreshed'; readonly owner: VaultOwner; readonly expiresAtMs?: number }
  /** The issuer refused the credential for good: only a new sign-in helps. */
  | { readonly type: 'quarantined'; readonly owner: VaultOwner; readonly reason: ErrorCode }
  | { readonly type: 'persist-failed'; readonly owner: VaultOwner; readonly error: AuthError }

/** Credentials of many users, used by many machines. */
export interface Vault {
  readonly provider: Provider
  readonly identity: ClientIdentity
  readonly fetch: Fetch
  readonly clock: Clock
  readonly keys: KeyEncryption
  readonly database: VaultDatabase
  /**
   * Where one user's credential lies: always asks the database.
   *
   * @param actor Who the audit says it was.
   */
  store(owner: VaultOwner, actor?: string): CredentialStore
  /** The session of one user, kept in memory: it asks the database when something has changed. */
  session(owner: VaultOwner): Session
  /** A session of its own, which asks the database each time: for workers, and for what the audit is to know the actor of. */
  openSession(owner: VaultOwner, actor: string, refreshWindowMs?: number): Session
  readonly refreshAheadMs: number
  /** The issuers that are not asked now, being in trouble. */
  troubledIssuers(): string[]
  auditTrail(owner: VaultOwner, most?: number): Promise<AuditEntry[]>
  /** Tells `listener` what happens on this instance, until the returned function is called. What it throws goes no further. */
  subscribe(listener: (event: VaultEvent) => void): () => void
  readonly statistics: () => VaultStatistics
  /** Stops listening to the database. The pool is the caller's to end. */
  close(): Promise<void>
}

export interface VaultStatistics {
  readonly cached: number
  readonly hits: number
  readonly misses: number
  readonly isListening: boolean
}

/**
 * Opens the vault in the database, migrating it first where that is needed.
 *
 * @throws AuthError `ERR_CONFIG_TERMS` for a provider that wants an approval; `ERR_STORE_UNSAFE` for a role that row-level security does not bind, `ERR_STORE_DECRYPT` for keys that are not this vault's,
 *   `ERR_CONFIG_USAGE` for a pool that has no connection to listen over, `ERR_STORE_LOCKED`, `ERR_STORE_READ`, `ERR_STORE_WRITE`
 */
export async function openVault(options: VaultOptions): Promise<Vault> {
  const { keys, clock = systemClock, random = Math.random, tracer } = options
  const driver = tracer ? createTracedDriver(options.driver, tracer) : options.driver
  const { provider = codexProvider, identity = createClientIdentity(), refreshAheadMs = 10 * 60_000 } = options
  assertGeneralAccessAllowed(provider, { approval: options.siwcApproval })
  const { cacheSize = 10_000, cacheMaxAgeMs = 30_000, leaseMs = 15_000, graceMs = 60_000 } = options
  const { databasePatienceMs = defaultPatienceMs } = options
  const persistence = { clock, random, patienceMs: databasePatienceMs }
  await persist('ERR_STORE_WRITE', persistence, () => prepare(driver, options.owner ?? driver, keys))
  const database = createVaultDatabase(driver, await createScopes(driver, keys, persistence), persistence)
  const feed = await persist('ERR_STORE_READ', persistence, () => openChangeFeed(options.driver, clock))
  const cache = createCredentialCache({ feed, now: () => clock.now(), most: cacheSize, maxAgeMs: cacheMaxAgeMs })
  const circuit = createIssuerCircuit({ fetch: options.fetch ?? platformFetch, clock, random })
  const listeners = new Set<(event: VaultEvent) => void>()
  const sessions = new Map<string, Session>()
  const unsaved = new Set<Session>()
  const closing = new AbortController()

  function emit(event: VaultEvent): void {
    for (const listener of listeners) {
      try {
        listener(event)
      } catch {
        // A fault of the host's stops neither its other listeners nor what it was told of.
      }
    }
  }

  const parts: VaultStoreParts = {
    database,
    keys,
    feed,
    clock,
    leaseMs,
    graceMs,
    refreshAt: (credential) => refreshAt(credential, refreshAheadMs, random),
    issuerOf: ({ provenance }) => originOf(provenance?.issuer ?? provider.issuer),
    onQuarantine: (owner, reason) => emit({ type: 'quarantined', owner, reason }),
    turnsOf: createOwnerTurns(),
  }

  function makeSession(
    owner: VaultOwner,
    strict: VaultStore,
    store: CredentialStore,
    refreshWindowMs?: number,
  ): Session {
    const { verdicts } = strict
    const window = refreshWindowMs === undefined ? {} : { refreshWindowMs }
    const session = createSession({
      store,
      provider,
      identity,
      fetch: circuit.fetch,
      clock,
      verdicts,
      random,
      ...window,
    })
    session.subscribe((event) => {
      if (event.type === 'refreshed' || event.type === 'persist-failed') emit({ ...event, owner })
      if (event.type === 'persist-recovered' || event.type === 'signed-out') unsaved.delete(session)
      if (event.type === 'persist-failed' && !unsaved.has(session)) void persistLater(session)
      // Somebody else has signed in as this user of the host: the next request begins anew.
      if (event.type === 'account-changed') sessions.delete(nameOf(owner))
    })
    return session
  }

  function openSession(owner: VaultOwner, actor: string, refreshWindowMs?: number): Session {
    const strict = createVaultStore(checkOwner(owner), actor, parts)
    // A marker costs as much as the row.
    const { revision: _revision, ...store } = strict
    return makeSession(owner, strict, store, refreshWindowMs)
  }

  function openCachedSession(owner: VaultOwner): Session {
    const strict = createVaultStore(checkOwner(owner), 'session', parts)
    return makeSession(owner, strict, cache.cached(owner, strict))
  }

  /** A token that lives in this process alone does not wait for the next request to be stored. */
  async function persistLater(pending: Session): Promise<void> {
    unsaved.add(pending)
    while (unsaved.has(pending) && !closing.signal.aborted) {
      await clock.sleep(persistPauseMs, closing.signal).catch(() => {})
      await pending.credential().catch(() => {})
    }
  }

  /** The one used last stands last. */
  function sessionOf(owner: VaultOwner): Session {
    const key = nameOf(owner)
    const found = sessions.get(key) ?? openCachedSession(owner)
    sessions.delete(key)
    sessions.set(key, found)
    const [oldest] = sessions.keys()
    if (sessions.size > cacheSize && oldest !== undefined) sessions.delete(oldest)
    return found
  }

  return {
    provider,
    identity,
    fetch: circuit.fetch,
    clock,
    keys,
    database,
    refreshAheadMs,
    store: (owner, actor = 'host') => createVaultStore(checkOwner(owner), actor, parts),
    session: sessionOf,
    openSession,
    troubledIssuers: circuit.open,
    auditTrail: (owner, most = 100) => database.auditTrail(checkOwner(owner), most),
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    statistics: () => ({ cached: cache.size(), ...cache.counters, isListening: feed.isUp() }),
    close: async () => {
      closing.abort()
      // The last chance: what is not stored now ends with the process.
      await Promise.allSettled([...unsaved].map((pending) => pending.credential()))
      await feed.close()
    },
  }
}

/** Between two tries to store what could not be stored. */
const persistPauseMs = 1000

const readRole = {
  name: 'planpass-role',
  text: 'SELECT rolname AS name, rolsuper OR rolbypassrls AS unbound FROM pg_roles WHERE rolname = current_user',
}

async function prepare(driver: VaultDriver, owner: VaultDriver, keys: KeyEncryption): Promise<void> {
  const [role] = await driver.query(readRole, [])
  if (role?.['unbound'] !== false) {
    throw new AuthError('ERR_STORE_UNSAFE', 'The role of the vault’s connections is not bound by row-level security.', {
      advice: 'Connect with a role that is neither a superuser nor has BYPASSRLS.',
    })
  }
  const grants = owner === driver ? {} : { grantTo: String(role['name']) }
  if (!(await isMigrated(owner))) await applyMigrations(owner, grants)
  if (!(await isHandedOver(owner))) await giveScopeKey(owner, keys)
}

/** What is no address is kept as it is: this must not keep anything from being stored. */
function originOf(issuer: string): string {
  return URL.canParse(issuer) ? new URL(issuer).origin : issuer
}

const opaqueTokenAgeMs = 8 * 24 * 60 * 60_000

/** Ahead of its end, and not all at once: those that were signed in together would else come due together for ever. */
function refreshAt(credential: ChatgptCredential, aheadMs: number, random: () => number): number | undefined {
  const { expiresAtMs, issuedAtMs, lastRefreshMs, refreshToken } = credential
  if (!refreshToken) return undefined
  if (expiresAtMs === undefined) return lastRefreshMs === undefined ? undefined : lastRefreshMs + opaqueTokenAgeMs
  const lifeMs = issuedAtMs === undefined ? Number.POSITIVE_INFINITY : expiresAtMs - issuedAtMs
  return expiresAtMs - Math.min(aheadMs, lifeMs / 2) * (1 - random() / 4)
}

/**
 * Credentials of many users, on many machines, in PostgreSQL: each user's requests are signed with that user's own credential, or refused.
 *
 * @module
 */
export {
  createPostgresDriver,
  type ChannelListener,
  type PostgresClient,
  type PostgresDriverOptions,
  type Row,
  type Statement,
  type VaultDriver,
} from './driver.js'
export { createPgDriver, type PgClient, type PgDriverOptions, type PgPool, type PgQuery } from './pg-driver.js'
export { createLocalKey, createLocalKeys, type KeyEncryption } from './key-encryption.js'
export { migrateVault, type MigrateOptions } from './migrate.js'
export { openVault, type Vault, type VaultEvent, type VaultOptions, type VaultStatistics } from './open-vault.js'
export type { VaultOwner } from './owner.js'
export type { AuditEntry, VaultDatabase } from './vault-database.js'
export { createVaultWorker, type RefreshOutcome, type VaultWorker, type VaultWorkerOptions } from './worker.js'
export { createVaultService, type VaultService, type VaultServiceOptions } from './service.js'
export type { HostTrust } from './host-trust.js'
export type { RateLimit } from './rate-limits.js'
export { rotateKeys } from './rotate-keys.js'
export { handOverScopeKey, rewrapScopeKey } from './scope.js'
export {
  startTrialDatabase,
  type TrialConnection,
  type TrialDatabase,
  type TrialDatabaseOptions,
  type TrialPool,
} from './trial/trial-database.js'
export type { VaultSpan, VaultTracer } from './trace.js'

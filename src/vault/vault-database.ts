import { randomUUID } from 'node:crypto'
import { AuthError, type RefreshIntent } from '../core/index.js'
import { batched } from './batched.js'
import { persist, type Persistence } from './database-failure.js'
import type { Row, Statement, VaultDriver } from './driver.js'
import type { Envelope } from './envelope.js'
import type { KeyEncryption } from './key-encryption.js'
import { everyTenant, type VaultOwner } from './owner.js'
import { rewrapScopeKey, toBuffer, type ScopeOf } from './scope.js'
import { parseStoredRow, toBigInt, type StoredRow } from './stored-row.js'

/** The right to change a credential, until it is settled, released or too old. */
export interface Claim {
  /** Larger than any before it, and the generation of what its holder writes. */
  readonly fence: bigint
}

/** A claim that was just taken, and what is stored from then on until it ends. */
export interface TakenClaim extends Claim {
  readonly row: StoredRow | undefined
}

/** A claim of somebody else, and after how long it will have ended at the latest. */
export interface Held {
  readonly heldMs: number
}

/** A credential that is due. */
export interface DueRow extends VaultOwner {
  readonly issuer: string
  readonly lateMs: number
}

/** A step of a sign-in that waits for a person. */
export interface SignInRow extends Envelope {
  readonly kind: string
  readonly state: string
}

/** A function of the schema, as a statement that is prepared once. */
function call(name: string, parameters: number): Statement {
  const places = Array.from({ length: parameters }, (_, index) => `$${index + 1}`)
  return { name: `planpass-${name}`, text: `SELECT * FROM planpass.${name}(${places.join(', ')})` }
}

const statements = {
  read: { name: 'planpass-read', text: 'SELECT planpass.read($1) AS row' },
  claim: call('claim', 4),
  renew: call('renew', 5),
  announce: call('announce', 10),
  release: call('release', 5),
  settle: call('settle', 11),
  erase: call('erase', 6),
  unfinished: call('unfinished', 4),
  quarantine: call('quarantine', 6),
  due: call('due', 4),
  postpone: call('postpone', 3),
  wrappedByOthers: call('wrapped_by_others', 5),
  rewrap: call('rewrap', 6),
  auditTrail: call('audit_trail', 3),
  beginSignIn: call('begin_sign_in', 9),
  readSignIn: call('read_sign_in', 3),
  takePoll: call('take_poll', 4),
  slowDown: call('slow_down', 4),
  endSignIn: call('end_sign_in', 6),
  useHostToken: call('use_host_token', 5),
  census: call('census', 1),
  ready: { name: 'planpass-ready', text: 'SELECT NOT pg_is_in_recovery() AS ready' },
}

/** No name holds it. */
const betweenNames = '\u001F'
/** More lanes than one, so that a connection that has gone silent does not hold up everybody. */
const readBatches = { most: 64, lanes: 2 }

export type VaultDatabase = ReturnType<typeof createVaultDatabase>

/** What the vault asks of its database, each a transaction of its own, in the scope of one tenant. What fails in passing is tried again. */
export function createVaultDatabase(driver: VaultDriver, scopeOf: ScopeOf, persistence: Persistence) {
  const reading = (statement: Statement, values: readonly unknown[], signal?: AbortSignal) =>
    persist('ERR_STORE_READ', { ...persistence, signal }, () => driver.query(statement, values))
  const writing = (statement: Statement, values: readonly unknown[], patienceMs = persistence.patienceMs) =>
    persist('ERR_STORE_WRITE', { ...persistence, patienceMs }, () => driver.query(statement, values))
  const at = ({ tenant, user }: VaultOwner) => [scopeOf(tenant), user] as const
  const everywhere = () => scopeOf(everyTenant)
  const readRow = batched(async (asked: readonly (readonly string[])[]) => {
    const rows = await driver.query(statements.read, [asked.flat().join(betweenNames)])
    // Each would be given another's row, which it could not open.
    if (rows.length !== asked.length)
      throw new AuthError('ERR_STORE_READ', 'The vault’s database answered another question.')
    return rows.map(({ row }) => (typeof row === 'string' ? row : undefined))
  }, readBatches)

  return {
    async read(owner: VaultOwner, signal?: AbortSignal): Promise<StoredRow | undefined> {
      const row = await persist('ERR_STORE_READ', { ...persistence, signal }, () => readRow(at(owner)))
      return row === undefined ? undefined : parseStoredRow(row)
    },

    async claim(owner: VaultOwner, holder: string, leaseMs: number): Promise<TakenClaim | Held> {
      const [row] = await writing(statements.claim, [...at(owner), holder, leaseMs])
      // Neither taken nor found: whoever had it has just let go.
      if (!row) return { heldMs: 1 }
      const { fence, held_ms: heldMs, stored } = row
      if (fence === null) return { heldMs: Number(heldMs) }
      return { fence: toBigInt(fence), row: typeof stored === 'string' ? parseStoredRow(stored) : undefined }
    },

    async renew(owner: VaultOwner, holder: string, { fence }: Claim, leaseMs: number): Promise<boolean> {
      return says(await writing(statements.renew, [...at(owner), holder, fence, leaseMs]), 'renew')
    },

    /** False when the claim is somebody else's by now, or what it was taken for has changed. */
    async announce(owner: VaultOwner, holder: string, { fence }: Claim, announced: Announcement): Promise<boolean> {
      const { seen, graceMs, intent, pid, host } = announced
      const { tokenFingerprint, reason } = intent
      const values = [...at(owner), holder, fence, seen, graceMs, tokenFingerprint, reason, pid, host]
      return says(await writing(statements.announce, values), 'announce')
    },

    /** Without an answer to what was announced, that stays written down: the token may be spent. */
    async release(owner: VaultOwner, holder: string, { fence }: Claim, isAnswered: boolean): Promise<void> {
      await writing(statements.release, [...at(owner), holder, fence, isAnswered])
    },

    /** False when there is something else by now than what was `seen`. */
    async settle(owner: VaultOwner, holder: string, { fence }: Claim, settled: Settlement): Promise<boolean> {
      const { seen, actor, envelope, issuer, refreshAtMs, patienceMs } = settled
      const { keyId, wrappedKey, sealed } = envelope
      const values = [...at(owner), holder, fence, seen, actor, keyId, wrappedKey, sealed, issuer, refreshAtMs ?? null]
      return says(await writing(statements.settle, values, patienceMs), 'settle')
    },

    async erase(owner: VaultOwner, holder: string, { fence }: Claim, seen: bigint, actor: string): Promise<boolean> {
      return says(await writing(statements.erase, [...at(owner), holder, fence, seen, actor]), 'erase')
    },

    async unfinished(owner: VaultOwner, tokenFingerprint: string, own: bigint) {
      const [row] = await reading(statements.unfinished, [...at(owner), tokenFingerprint, own])
      if (!row) return undefined
      const { reason, at_ms: atMs, pid, host } = row
      return { tokenFingerprint, reason: String(reason), atMs: Number(atMs), pid: Number(pid), host: String(host) }
    },

    async quarantine(owner: VaultOwner, fingerprint: string, code: string, actor: string, seen: bigint): Promise<void> {
      await writing(statements.quarantine, [...at(owner), fingerprint, code, actor, seen])
    },

    /** Takes up to `most` that are due, and makes them due again in `againMs`, should nothing become of it. */
    async due(most: number, againMs: number, withoutIssuers: readonly string[]): Promise<DueRow[]> {
      const rows = await writing(statements.due, [everywhere(), most, againMs, JSON.stringify(withoutIssuers)])
      return rows.map((row) => ({
        tenant: String(row['tenant']),
        user: String(row['user_id']),
        issuer: String(row['issuer']),
        lateMs: Number(row['late_ms']),
      }))
    },

    async postpone(owner: VaultOwner, againMs: number): Promise<void> {
      await writing(statements.postpone, [...at(owner), againMs])
    },

    /** In the order of their names, those behind `after`. */
    async wrappedByOthers(currentKeyId: string, after: VaultOwner, most: number) {
      const values = [everywhere(), currentKeyId, after.tenant, after.user, most]
      const rows = await reading(statements.wrappedByOthers, values)
      return rows.map((row) => ({
        tenant: String(row['tenant']),
        user: String(row['user_id']),
        generation: toBigInt(row['generation']),
        keyId: String(row['key_id']),
        wrappedKey: toBuffer(row['wrapped_key']),
      }))
    },

    /** False when the row has changed meanwhile, and so is wrapped anew already. */
    async rewrap(
      owner: VaultOwner,
      seen: bigint,
      oldKeyId: string,
      newKeyId: string,
      wrapped: Buffer,
    ): Promise<boolean> {
      return says(await writing(statements.rewrap, [...at(owner), seen, oldKeyId, newKeyId, wrapped]), 'rewrap')
    },

    /** So that whoever has only the current key can make proofs. */
    async rewrapScopeKey(keys: KeyEncryption): Promise<void> {
      await persist('ERR_STORE_WRITE', persistence, () => rewrapScopeKey(driver, keys))
    },

    /** What was done to a credential, newest first. */
    async auditTrail(owner: VaultOwner, most: number): Promise<AuditEntry[]> {
      const rows = await reading(statements.auditTrail, [...at(owner), most])
      return rows.map((row) => ({
        atMs: Number(row['at_ms']),
        actor: String(row['actor']),
        action: String(row['action']),
        outcome: String(row['outcome']),
      }))
    },

    async beginSignIn(owner: VaultOwner, begun: BegunSignIn): Promise<void> {
      const { id, kind, envelope, lastsMs, actor } = begun
      const { keyId, wrappedKey, sealed } = envelope
      await writing(statements.beginSignIn, [...at(owner), id, kind, keyId, wrappedKey, sealed, lastsMs, actor])
    },

    async readSignIn(owner: VaultOwner, id: string): Promise<SignInRow | undefined> {
      const [row] = await reading(statements.readSignIn, [...at(owner), id])
      return row && { ...toEnvelope(row), kind: String(row['kind']), state: String(row['state']) }
    },

    /** Whether it is time to ask the issuer, and for us alone. */
    async takePoll(owner: VaultOwner, id: string, againMs: number): Promise<boolean> {
      return says(await writing(statements.takePoll, [...at(owner), id, againMs]), 'take_poll')
    },

    /** From now on it is asked that much less often. */
    async slowDown(owner: VaultOwner, id: string, byMs: number): Promise<void> {
      await writing(statements.slowDown, [...at(owner), id, byMs])
    },

    /** Whether it was ours to end. What it held is gone then. */
    async endSignIn(owner: VaultOwner, id: string, state: string, actor: string): Promise<boolean> {
      return says(await writing(statements.endSignIn, [...at(owner), id, state, randomUUID(), actor]), 'end_sign_in')
    },

    /** Whether a host's token comes for the first time. */
    async useHostToken(tenant: string, issuer: string, id: string, lastsMs: number): Promise<boolean> {
      const values = [scopeOf(tenant), issuer, id, randomUUID(), lastsMs]
      return says(await writing(statements.useHostToken, values), 'use_host_token')
    },

    /** Whether the database answers, and can be written to; asked once. */
    async isReady(): Promise<boolean> {
      const rows = await driver.query(statements.ready, []).catch(() => [])
      return says(rows, 'ready')
    },

    /** How many are due, and how many are in quarantine; 100000 stands for all that are more. */
    async census(): Promise<{ readonly due: number; readonly dead: number }> {
      const [row] = await reading(statements.census, [everywhere()])
      return { due: Number(row?.['due']), dead: Number(row?.['dead']) }
    },
  }
}

/** That a token is about to be spent, and by whom. */
export interface Announcement {
  readonly seen: bigint
  readonly graceMs: number
  readonly intent: RefreshIntent
  readonly pid: number
  readonly host: string
}

/** What is to be stored. */
export interface Settlement {
  /** 0: nothing. */
  readonly seen: bigint
  readonly actor: string
  readonly envelope: Envelope
  readonly issuer: string
  readonly refreshAtMs: number | undefined
  readonly patienceMs: number
}

export interface BegunSignIn {
  readonly id: string
  readonly kind: string
  readonly envelope: Envelope
  readonly lastsMs: number
  readonly actor: string
}

/** Who did what, and what came of it. Never a token. */
export interface AuditEntry {
  readonly atMs: number
  readonly actor: string
  readonly action: string
  readonly outcome: string
}

/** What a function that answers yes or no has answered. */
function says(rows: readonly Row[], name: string): boolean {
  return rows[0]?.[name] === true
}

function toEnvelope(row: Row): Envelope {
  return {
    keyId: String(row['key_id']),
    wrappedKey: toBuffer(row['wrapped_key']),
    sealed: toBuffer(row['sealed']),
  }
}

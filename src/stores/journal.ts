import { randomUUID } from 'node:crypto'
import { readFile, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { isAuthError, parseJsonObject, readNumber, readString } from '../core/index.js'
import type { ErrorCode, JsonObject, JsonValue, RefreshIntent, UnfinishedIntent } from '../core/index.js'
import { prepareReplacement } from './atomic-write.js'
import { ignoreMissing, isMissing } from './file-errors.js'
import { followLinks } from './follow-links.js'

export interface JournalEntry extends UnfinishedIntent {
  readonly id: string
}

/** The record of what was announced of a file's refresh tokens and came to no end that is known. */
export interface Journal {
  /** Durable when it returns. */
  open(intent: RefreshIntent): Promise<void>
  /** The answer to what was opened here is known, and the token is as it was before. */
  settle(): Promise<void>
  /** A new token is stored, or none: whatever was open is over. */
  clear(): Promise<void>
  /** What was opened here. */
  opened(): JournalEntry | undefined
}

/**
 * Says which refreshes of the credential at `path` began and were never heard of again: their token may be spent. Holds no secret.
 *
 * @example
 *   for (const { pid, host, atMs } of await readJournal('auth.json')) console.log(pid, host, new Date(atMs))
 */
export async function readJournal(path: string): Promise<readonly JournalEntry[]> {
  try {
    const entries = parseJsonObject(await readFile(journalPath(await followLinks(path)), 'utf8'))?.['intents']
    return Array.isArray(entries) ? entries.flatMap(parseEntry) : []
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

export function createJournal(target: string): Journal {
  let opened: JournalEntry | undefined

  /** One token is tried again and again while the network is down: its first entry says since when, the last says the rest. */
  function withOpened(entries: readonly JournalEntry[], entry: JournalEntry): readonly JournalEntry[] {
    const first = entries.find(({ tokenFingerprint }) => tokenFingerprint === entry.tokenFingerprint)
    return first ? [first, entry] : [entry]
  }

  return {
    open: async (intent) => {
      opened = { ...intent, id: randomUUID(), pid: process.pid, host: hostname() }
      await writeEntries(target, withOpened(await readJournal(target), opened))
    },
    settle: async () => {
      if (!opened) return
      const entries = await readJournal(target)
      const others = entries.filter(({ id }) => id !== opened?.id)
      if (others.length === entries.length) return
      await (others.length === 0 ? removeJournal(target) : writeEntries(target, others))
    },
    clear: () => removeJournal(target),
    opened: () => opened,
  }
}

/** What the server says of a token it refuses for good; after any other failure it may be spent. */
const refusals: readonly ErrorCode[] = [
  'ERR_TOKEN_REFRESH_EXPIRED',
  'ERR_TOKEN_REFRESH_REUSED',
  'ERR_TOKEN_REFRESH_REVOKED',
  'ERR_TOKEN_REFRESH_REJECTED',
]

/** True when a refresh that failed this way has had its answer. */
export function isKnownRefusal(error: unknown): boolean {
  return isAuthError(error) && refusals.includes(error.code)
}

async function writeEntries(target: string, intents: readonly JournalEntry[]): Promise<void> {
  const replacement = await prepareReplacement(journalPath(target))
  try {
    await replacement.commit(JSON.stringify({ intents: intents.map(serializeEntry) }, undefined, 2))
  } finally {
    await replacement.discard()
  }
}

async function removeJournal(target: string): Promise<void> {
  await unlink(journalPath(target)).catch(ignoreMissing)
}

function serializeEntry({ id, tokenFingerprint, reason, atMs, pid, host }: JournalEntry): JsonObject {
  return { id, tokenFingerprint, reason, at: new Date(atMs).toISOString(), pid, host }
}

function parseEntry(value: JsonValue): JournalEntry[] {
  const entry = parseJsonObject(JSON.stringify(value))
  const [id, tokenFingerprint] = [readString(entry, 'id'), readString(entry, 'tokenFingerprint')]
  const [reason, at] = [readString(entry, 'reason'), readString(entry, 'at')]
  const [pid, host] = [readNumber(entry, 'pid'), readString(entry, 'host')]
  if (id === undefined || tokenFingerprint === undefined || reason === undefined || at === undefined) return []
  if (pid === undefined || host === undefined) return []
  return [{ id, tokenFingerprint, reason, atMs: Date.parse(at), pid, host }]
}

function journalPath(target: string): string {
  return `${target}.planpass-journal`
}

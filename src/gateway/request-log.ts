import type { Clock } from '../core/index.js'
import type { RequestEntry } from './console-api.js'

/** A request while it is served. */
export interface RequestRecord {
  readonly entry: RequestEntry
  /** Notes what has become known of it. */
  note(change: Partial<Omit<RequestEntry, 'id' | 'startedAtMs'>>): void
  /** Notes how it ended; only the first time counts. */
  end(state: 'done' | 'failed' | 'cancelled', code?: string): void
  /** Milliseconds since it began. */
  ageMs(): number
}

/** What is asked of the gateway: who, what, when and how it went; nothing of what was said. */
export interface RequestLog {
  begin(facts: Facts): RequestRecord
  /** Newest first. */
  recent(): readonly RequestEntry[]
  /** Told of every change, until the returned function is called. */
  subscribe(listener: (entry: RequestEntry) => void): () => void
}

const mostEntries = 200

export function createRequestLog(clock: Clock): RequestLog {
  /** The oldest first; cut now and then, since to take one off costs as much as to take many. */
  let entries: RequestEntry[] = []
  const listeners = new Set<(entry: RequestEntry) => void>()
  let count = 0

  /** A listener may keep what it is told, so it is told a copy. One that fails must not cost somebody else's answer. */
  function tell(entry: RequestEntry): void {
    if (listeners.size === 0) return
    const copy = { ...entry }
    for (const listener of listeners) {
      try {
        listener(copy)
      } catch {
        continue
      }
    }
  }

  function keep(entry: RequestEntry): void {
    if (entries.push(entry) >= 2 * mostEntries) entries = entries.slice(-mostEntries)
    tell(entry)
  }

  return {
    begin(facts) {
      const entry = createEntry(`gw_${(count += 1)}`, clock.now(), facts)
      const ageMs = () => Math.max(0, clock.now() - entry.startedAtMs)
      const note: RequestRecord['note'] = (change) => {
        Object.assign(entry, change)
        tell(entry)
      }
      keep(entry)
      return {
        entry,
        note,
        end: (state, code) => {
          if (entry.durationMs === null) note({ state, code: code ?? entry.code, durationMs: ageMs() })
        },
        ageMs,
      }
    },
    recent: () =>
      entries
        .slice(-mostEntries)
        .toReversed()
        .map((entry) => ({ ...entry })),
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

type Facts = Pick<RequestEntry, 'client' | 'method' | 'path'>

/** Every member in one literal: each request makes one, and to put it together from parts takes ten times as long. */
function createEntry(id: string, startedAtMs: number, { client, method, path }: Facts): RequestEntry {
  return {
    id,
    startedAtMs,
    client,
    method,
    path,
    model: null,
    isStream: false,
    state: 'waiting',
    status: null,
    code: null,
    waitedMs: 0,
    firstByteMs: null,
    durationMs: null,
    tokens: null,
  }
}

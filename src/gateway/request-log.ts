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
  begin(facts: Pick<RequestEntry, 'client' | 'method' | 'path'>): RequestRecord
  /** Newest first. */
  recent(): readonly RequestEntry[]
  /** Told of every change, until the returned function is called. */
  subscribe(listener: (entry: RequestEntry) => void): () => void
}

const mostEntries = 200

export function createRequestLog(clock: Clock): RequestLog {
  const entries = new Map<string, RequestEntry>()
  const listeners = new Set<(entry: RequestEntry) => void>()
  let count = 0

  function keep(entry: RequestEntry): void {
    entries.set(entry.id, entry)
    const [oldest] = entries.size > mostEntries ? entries.keys() : []
    if (oldest !== undefined) entries.delete(oldest)
    tell(entry)
  }

  function tell(entry: RequestEntry): void {
    for (const listener of listeners) listener(entry)
  }

  return {
    begin(facts) {
      let entry: RequestEntry = { ...blank, ...facts, id: `gw_${(count += 1)}`, startedAtMs: clock.now() }
      const ageMs = () => Math.max(0, clock.now() - entry.startedAtMs)
      const note: RequestRecord['note'] = (change) => {
        entry = { ...entry, ...change }
        // One that has left the list in the meantime does not come back.
        if (entries.has(entry.id)) entries.set(entry.id, entry)
        tell(entry)
      }
      keep(entry)
      return {
        get entry() {
          return entry
        },
        note,
        end: (state, code) => {
          if (entry.durationMs === null) note({ state, code: code ?? entry.code, durationMs: ageMs() })
        },
        ageMs,
      }
    },
    recent: () => [...entries.values()].toReversed(),
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

const blank = {
  model: null,
  isStream: false,
  state: 'waiting',
  status: null,
  code: null,
  waitedMs: 0,
  firstByteMs: null,
  durationMs: null,
  tokens: null,
} as const

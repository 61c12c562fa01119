import type { Clock } from '../core/index.js'
import type { RequestEntry } from './console-api.js'
import type { AnswerTokens } from './token-counts.js'
import type { Writable } from './writable.js'

/** A request while it is served, and what becomes known of it. */
export interface RequestRecord {
  readonly entry: RequestEntry
  asked(model: string | null, isStream: boolean): void
  /** It has got its place. */
  entered(): void
  /** The first bytes of its answer are there. */
  began(): void
  used(tokens: AnswerTokens): void
  /** How it ended; only the first time counts. @param status Of an answer that had not begun */
  end(state: 'done' | 'failed' | 'cancelled', code?: string, status?: number): void
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
      keep(entry)
      return new LoggedRequest(entry, clock, tell)
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

class LoggedRequest implements RequestRecord {
  readonly entry: Writable<RequestEntry>
  readonly #clock: Clock
  readonly #tell: (entry: RequestEntry) => void

  constructor(entry: Writable<RequestEntry>, clock: Clock, tell: (entry: RequestEntry) => void) {
    this.entry = entry
    this.#clock = clock
    this.#tell = tell
  }

  asked(model: string | null, isStream: boolean): void {
    this.entry.model = model
    this.entry.isStream = isStream
    this.#tell(this.entry)
  }

  entered(): void {
    this.entry.waitedMs = this.#ageMs()
    this.#tell(this.entry)
  }

  began(): void {
    this.entry.status = 200
    this.entry.state = 'running'
    this.entry.firstByteMs = this.#ageMs()
    this.#tell(this.entry)
  }

  used(tokens: AnswerTokens): void {
    this.entry.tokens = tokens
    this.#tell(this.entry)
  }

  end(state: 'done' | 'failed' | 'cancelled', code?: string, status?: number): void {
    if (this.entry.durationMs !== null) return
    this.entry.state = state
    this.entry.code = code ?? this.entry.code
    this.entry.status = status ?? this.entry.status
    this.entry.durationMs = this.#ageMs()
    this.#tell(this.entry)
  }

  #ageMs(): number {
    return Math.max(0, this.#clock.now() - this.entry.startedAtMs)
  }
}

type Facts = Pick<RequestEntry, 'client' | 'method' | 'path'>

/** Every member in one literal: each request makes one, and to put it together from parts takes ten times as long. */
function createEntry(id: string, startedAtMs: number, { client, method, path }: Facts): Writable<RequestEntry> {
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

import { systemClock, type Clock } from '../core/index.js'

/** What the vault says to PostgreSQL: a statement by its name, so that it is prepared once a connection. */
export interface Statement {
  readonly name: string
  readonly text: string
}

/** A row as the drivers give it: `bigint` as text, `bytea` as bytes, the rest as JavaScript has it. */
export type Row = Readonly<Record<string, unknown>>

/** How the vault hears that something has changed. */
export interface ChannelListener {
  onMessage(payload: string): void
  /** Listening, from now on; what was said before is lost. */
  onUp(): void
  /** No longer listening. */
  onDown(): void
}

/**
 * A pool of connections. Every statement of the vault is a transaction of its own and leaves nothing behind on its connection, so none is ever
 * held, and a pooler in transaction mode may stand in between.
 */
export interface VaultDriver {
  query(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]>
  /** Runs several statements as one transaction, by the simple protocol. */
  execute(script: string): Promise<void>
  /**
   * Listens on `channel` over a connection of its own, which it replaces when it is lost, until the returned function is called. That connection
   * has to lead to the database itself, past any pooler in transaction mode.
   */
  listen(channel: string, listener: ChannelListener): Promise<() => Promise<void>>
}

/** As much of the `postgres` package as is used here. */
export interface PostgresClient {
  unsafe(text: string, values?: unknown[], options?: { prepare?: boolean }): PromiseLike<readonly Row[]>
  listen(
    channel: string,
    onMessage: (payload: string) => void,
    onListen?: () => void,
  ): PromiseLike<{ unlisten(): Promise<void> }>
}

export interface PostgresDriverOptions {
  /** Leads past a pooler in transaction mode, to listen over; default: the client itself. */
  readonly listenOver?: Pick<PostgresClient, 'listen'>
  /** After how long a statement is given up, in milliseconds; default 10000. Its connection is the client's to notice: see `keep_alive`. */
  readonly statementTimeoutMs?: number
  readonly clock?: Clock
}

/**
 * The vault over `postgres`: hand in what `postgres(url)` returned. With replicas, give it `target_session_attrs: 'read-write'`; behind a pooler in
 * transaction mode, `prepare: false`.
 */
export function createPostgresDriver(client: PostgresClient, options: PostgresDriverOptions = {}): VaultDriver {
  const { statementTimeoutMs = 10_000, clock = systemClock, listenOver = client } = options
  const ask = ({ text }: Statement, values: readonly unknown[]) =>
    client.unsafe(text, [...values], { prepare: values.every(isWrittenAlike) })
  return {
    query: (statement, values) => withinTime(ask(statement, values), statementTimeoutMs, clock),
    execute: async (script) => void (await client.unsafe(script)),
    listen: async (channel, listener) => {
      const listening = await listenOver.listen(
        channel,
        (payload) => listener.onMessage(payload),
        () => listener.onUp(),
      )
      // A connection that is lost, or that nobody hears on any more, hears nothing anyway.
      return () => withinTime(listening.unlisten(), statementTimeoutMs, clock).catch(() => {})
    },
  }
}

/**
 * When the server has lost what was prepared, `postgres` (3.4.9) prepares it again and writes the values a second time, as they were written the first
 * time: bytes and truth values come out as others then.
 */
function isWrittenAlike(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' || value === null
}

/** Nobody says that a connection has fallen silent, and `postgres` waits for its answer as long as it takes. */
async function withinTime<Answer>(work: PromiseLike<Answer>, timeoutMs: number, clock: Clock): Promise<Answer> {
  const answered = new AbortController()
  const late = clock.sleep(timeoutMs, answered.signal).then(() => {
    throw new Error('query read timeout')
  })
  try {
    return await Promise.race([work, late])
  } finally {
    answered.abort()
  }
}

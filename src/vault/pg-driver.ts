import { AuthError, systemClock, type Clock } from '../core/index.js'
import { hasCode } from './database-failure.js'
import type { ChannelListener, Row, Statement, VaultDriver } from './driver.js'

/** As much of a client of the `pg` package as is used here. */
export interface PgClient {
  query(config: PgQuery): Promise<unknown>
  release(error?: Error | boolean): void
  on(event: 'notification', listener: (message: { readonly payload?: string | undefined }) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'end', listener: () => void): unknown
}

/** What a client of `pg` is asked; `query_timeout` ends the wait on a connection that has gone silent. */
export interface PgQuery {
  /** Prepared under this name; without one, it is not. */
  readonly name?: string
  readonly text: string
  readonly query_timeout: number
}

/** As much of `pg.Pool` as is used here. */
export interface PgPool {
  readonly options?: { readonly max?: number | undefined }
  query(config: PgQuery, values: unknown[]): Promise<{ readonly rows: Row[] }>
  query(script: string): Promise<unknown>
  connect(): Promise<PgClient>
  on(event: 'error', listener: (error: Error) => void): unknown
}

export interface PgDriverOptions {
  /** Leads past a pooler in transaction mode, to listen over; default: the pool itself, one connection of which is taken for it. */
  readonly listenOver?: PgPool
  /** How long one statement may take, and how often the listening connection is tried, in milliseconds; default 10000. Give the pool a `connectionTimeoutMillis` as well. */
  readonly statementTimeoutMs?: number
  readonly clock?: Clock
}

/** Between two tries to listen again. */
const relistenPauseMs = 250

/** The vault over `pg`: hand in a `Pool`. A connection that failed, or that leads to a server which only reads, is thrown away. */
export function createPgDriver(pool: PgPool, options: PgDriverOptions = {}): VaultDriver {
  const { statementTimeoutMs = 10_000, clock = systemClock, listenOver = pool } = options
  const known = new Map<Statement, PgQuery>()
  /** A pooler in transaction mode sends each statement over another connection, and not all of them take along what was prepared (PgBouncer before 1.21). */
  let keepsPrepared = true

  /** A new object each time, as `pg` may write to it; with nothing of its own, as `pg` copies one property after the other, slowly. */
  function toQuery(statement: Statement): PgQuery {
    const { name, text } = statement
    const query = known.get(statement) ?? { ...(keepsPrepared && { name }), text, query_timeout: statementTimeoutMs }
    known.set(statement, query)
    const fresh: PgQuery = Object.create(query)
    return fresh
  }

  async function ask(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    const isPrepared = keepsPrepared
    try {
      // A connection on which something failed is thrown away by the pool, whatever it was.
      return (await pool.query(toQuery(statement), [...values])).rows
    } catch (error) {
      if (!isPrepared || !hasCode(error, unknownStatementCodes)) throw error
      keepsPrepared = false
      known.clear()
      return ask(statement, values)
    }
  }

  // A connection that breaks while nobody uses it is the pool's business; unheard, it would end the process.
  pool.on('error', ignore)
  if (listenOver !== pool) listenOver.on('error', ignore)

  return {
    query: ask,
    execute: async (script) => void (await pool.query(script)),
    listen: async (channel, listener) => {
      if (listenOver === pool && pool.options?.max === 1) throw poolOfOne()
      const stopping = new AbortController()
      const ended = keepListening({ pool: listenOver, channel, listener, clock, statementTimeoutMs }, stopping.signal)
      return async () => {
        stopping.abort()
        await ended
      }
    },
  }
}

function ignore(): void {}

/** `invalid_sql_statement_name` and `duplicate_prepared_statement` (PostgreSQL, appendix A): prepared on another connection than this one. */
const unknownStatementCodes = [/^26000$/, /^42P05$/]

function poolOfOne(): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', 'The vault listens over one connection, and its pool has no other.', {
    advice: 'Give the pool a `max` of at least 2, or the driver another pool as `listenOver`.',
  })
}

/** What listening takes. */
interface Listening {
  readonly pool: PgPool
  readonly channel: string
  readonly listener: ChannelListener
  readonly clock: Clock
  readonly statementTimeoutMs: number
}

async function keepListening(listening: Listening, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await listenOnce(listening, signal).catch(ignore)
    listening.listener.onDown()
    if (!signal.aborted) await listening.clock.sleep(relistenPauseMs, signal).catch(ignore)
  }
}

/** Until the connection is lost or the signal aborts. */
async function listenOnce(listening: Listening, signal: AbortSignal): Promise<void> {
  const { pool, channel, listener, statementTimeoutMs } = listening
  const client = await pool.connect()
  const leaving = new AbortController()
  const ask = (text: string) => client.query({ text, query_timeout: statementTimeoutMs })
  try {
    const lost = new Promise<void>((resolve) => {
      client.on('error', () => resolve())
      client.on('end', () => resolve())
    })
    client.on('notification', ({ payload }) => listener.onMessage(payload ?? ''))
    await ask(`LISTEN ${channel}`)
    listener.onUp()
    await Promise.race([lost, keepAsking(ask, listening, AbortSignal.any([signal, leaving.signal]))])
  } finally {
    leaving.abort()
    client.release(true)
  }
}

/** Until there is no answer: on a connection that nothing is said on, nobody notices that it leads nowhere any more. */
async function keepAsking(
  ask: (text: string) => Promise<unknown>,
  { clock, statementTimeoutMs }: Listening,
  signal: AbortSignal,
): Promise<never> {
  for (;;) {
    await clock.sleep(statementTimeoutMs, signal)
    await ask('SELECT 1')
  }
}

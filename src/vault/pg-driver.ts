import { systemClock, type Clock } from '../core/index.js'
import type { ChannelListener, Row, Statement, VaultDriver } from './driver.js'

/** As much of a client of the `pg` package as is used here. */
export interface PgClient {
  query(script: string): Promise<unknown>
  release(error?: Error | boolean): void
  on(event: 'notification', listener: (message: { readonly payload?: string | undefined }) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'end', listener: () => void): unknown
}

/** What a client of `pg` is asked; `query_timeout` ends the wait on a connection that has gone silent. */
export interface PgQuery {
  readonly name: string
  readonly text: string
  readonly query_timeout: number
}

/** As much of `pg.Pool` as is used here. */
export interface PgPool {
  query(config: PgQuery, values: unknown[]): Promise<{ readonly rows: Row[] }>
  query(script: string): Promise<unknown>
  connect(): Promise<PgClient>
  on(event: 'error', listener: (error: Error) => void): unknown
}

export interface PgDriverOptions {
  /** How long one statement may take, in milliseconds; default 10000. Give the pool a `connectionTimeoutMillis` as well. */
  readonly statementTimeoutMs?: number
  readonly clock?: Clock
}

/** Between two tries to listen again. */
const relistenPauseMs = 250

/** The vault over `pg`: hand in a `Pool`. A connection that failed, or that leads to a server which only reads, is thrown away. */
export function createPgDriver(pool: PgPool, options: PgDriverOptions = {}): VaultDriver {
  const { statementTimeoutMs = 10_000, clock = systemClock } = options
  const known = new Map<Statement, PgQuery>()

  /** A new object each time, as `pg` may write to it; with nothing of its own, as `pg` copies one property after the other, slowly. */
  function toQuery(statement: Statement): PgQuery {
    const query = known.get(statement) ?? { ...statement, query_timeout: statementTimeoutMs }
    known.set(statement, query)
    const fresh: PgQuery = Object.create(query)
    return fresh
  }

  // A connection that breaks while nobody uses it is the pool's business; unheard, it would end the process.
  pool.on('error', () => {})

  return {
    // A connection on which something failed is thrown away by the pool, whatever it was.
    query: async (statement, values) => (await pool.query(toQuery(statement), [...values])).rows,
    execute: async (script) => void (await pool.query(script)),
    listen: async (channel, listener) => {
      const stopping = new AbortController()
      const ended = keepListening(pool, channel, listener, clock, stopping.signal)
      return async () => {
        stopping.abort()
        await ended
      }
    },
  }
}

function ignore(): void {}

async function keepListening(
  pool: PgPool,
  channel: string,
  listener: ChannelListener,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await listenOnce(pool, channel, listener, signal).catch(ignore)
    listener.onDown()
    if (!signal.aborted) await clock.sleep(relistenPauseMs, signal).catch(ignore)
  }
}

/** Until the connection is lost or the signal aborts. */
async function listenOnce(
  pool: PgPool,
  channel: string,
  listener: ChannelListener,
  signal: AbortSignal,
): Promise<void> {
  const client = await pool.connect()
  try {
    const lost = new Promise<void>((resolve) => {
      client.on('error', () => resolve())
      client.on('end', () => resolve())
      signal.addEventListener('abort', () => resolve(), { once: true })
      if (signal.aborted) resolve()
    })
    client.on('notification', ({ payload }) => listener.onMessage(payload ?? ''))
    await client.query(`LISTEN ${channel}`)
    listener.onUp()
    await lost
  } finally {
    client.release(true)
  }
}

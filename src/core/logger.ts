/** Where the library reports what it does. Never receives a secret. */
export interface Logger {
  debug(message: string): void
  warn(message: string): void
}

/** A logger that nobody hears: the default. */
export const silentLogger: Logger = { debug: () => {}, warn: () => {} }

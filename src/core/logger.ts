/** Where the library reports what it does. Never receives a secret. */
export interface Logger {
  debug(message: string): void
  warn(message: string): void
}

export const silentLogger: Logger = { debug: () => {}, warn: () => {} }

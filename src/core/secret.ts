/** A token, code or verifier. Prints as `[redacted]` in every form; `reveal()` is the only way out. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The plain value: call it where it goes on the wire or into the store, nowhere else. */
  reveal(): string {
    return this.#value
  }

  equals(other: Secret | undefined): boolean {
    // By the other's own method: it may come from another copy of this package.
    return other !== undefined && this.#value === other.reveal()
  }

  toString(): string {
    return '[redacted]'
  }

  toJSON(): string {
    return '[redacted]'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[redacted]'
  }
}

/** A short, one-way name for a secret: the first 16 hex digits of its SHA-256. Safe to log and to store. */
export async function fingerprint(secret: Secret): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret.reveal()))
  return Array.from(new Uint8Array(digest, 0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Whether somebody who waits has left. As an `AbortSignal`, but for what one costs: that is made when somebody wants it. */
export class Departure {
  readonly #listeners = new Set<() => void>()
  #controller: AbortController | undefined
  #hasLeft = false

  get hasLeft(): boolean {
    return this.#hasLeft
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#hasLeft) this.#controller.abort()
    return this.#controller.signal
  }

  /** Whoever has left already is told of at once. @returns stops it */
  readonly whenLeft = (listener: () => void): (() => void) => {
    if (this.#hasLeft) listener()
    else this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  leave(): void {
    this.#hasLeft = true
    this.#controller?.abort()
    for (const listener of this.#listeners) listener()
  }
}

/** Why nothing more is done for somebody who has left. */
export function departed(): DOMException {
  return new DOMException('Whoever asked has left.', 'AbortError')
}

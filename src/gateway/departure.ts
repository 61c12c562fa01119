/** Whether somebody who waits has left. As an `AbortSignal`, but for what one costs: that is made when somebody wants it. */
export class Departure {
  #listeners: (() => void)[] = []
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
  whenLeft(listener: () => void): () => void {
    if (this.#hasLeft) listener()
    else this.#listeners.push(listener)
    return () => {
      const place = this.#listeners.lastIndexOf(listener)
      if (place !== -1) this.#listeners.splice(place, 1)
    }
  }

  leave(): void {
    this.#hasLeft = true
    this.#controller?.abort()
    for (const listener of this.#listeners.splice(0)) listener()
  }
}

/** Why nothing more is done for somebody who has left. */
export function departed(): DOMException {
  return new DOMException('Whoever asked has left.', 'AbortError')
}

/** Takes the bytes of a `ByteSource`. Nothing it does may throw. */
export interface ByteReceiver {
  bytes(chunk: Uint8Array): void
  /** There is no more. */
  end(): void
  /** There is no more, and there should have been. */
  fail(error: unknown): void
}

/**
 * Bytes that come by themselves once they are started, and that can be told to wait. A stream of the web is asked for each chunk and answers with a
 * promise, which costs more than to hand a small chunk on; here it is handed on by a call.
 */
export interface ByteSource {
  /** Hands over what has come and what comes. Called once. */
  start(receiver: ByteReceiver): void
  /** What is on its way may still come. */
  pause(): void
  resume(): void
  /** Nobody wants more: nothing comes after this. */
  cancel(): void
}

/** Takes bytes, and holds them until somebody takes them from it. */
export class ByteOutlet implements ByteReceiver {
  #early: Uint8Array[] = []
  #receiver: ByteReceiver | undefined
  #finish: ((receiver: ByteReceiver) => void) | undefined
  #isClosed = false

  /** Chunks that nobody has taken yet. */
  get held(): number {
    return this.#early.length
  }

  bytes(chunk: Uint8Array): void {
    if (this.#isClosed) return
    if (this.#receiver) this.#receiver.bytes(chunk)
    else this.#early.push(chunk)
  }

  end(): void {
    this.#settle(tellEnd)
  }

  fail(error: unknown): void {
    this.#settle((receiver) => receiver.fail(error))
  }

  /** As that of a `ByteSource`. */
  start(receiver: ByteReceiver): void {
    this.#receiver = receiver
    for (const chunk of this.#letGo()) if (!this.#isClosed) receiver.bytes(chunk)
    if (this.#finish) this.#settle(this.#finish)
  }

  /** Forgets what is held, and hands nothing on any more. */
  close(): void {
    this.#isClosed = true
    this.#letGo()
  }

  #letGo(): readonly Uint8Array[] {
    const early = this.#early
    this.#early = []
    return early
  }

  #settle(how: (receiver: ByteReceiver) => void): void {
    this.#finish ??= how
    if (!this.#receiver || this.#isClosed) return
    this.#isClosed = true
    this.#finish(this.#receiver)
  }
}

const tellEnd = (receiver: ByteReceiver) => receiver.end()

/** The bytes of a stream; of none, its end at once. */
export function fromStream(stream: ReadableStream<Uint8Array> | null): ByteSource {
  const reader = stream?.getReader()
  let isPaused = false
  let isCancelled = false
  let wake: (() => void) | undefined

  async function untilWanted(): Promise<void> {
    if (!isPaused) return
    await new Promise<void>((resolve) => (wake = resolve))
  }

  async function run(receiver: ByteReceiver): Promise<void> {
    for (;;) {
      await untilWanted()
      if (isCancelled) return
      const next = await readNext(reader)
      if (isCancelled) return
      if ('error' in next) return receiver.fail(next.error)
      if (!next.value) return receiver.end()
      receiver.bytes(next.value)
    }
  }

  function resume(): void {
    isPaused = false
    wake?.()
    wake = undefined
  }

  return {
    start: (receiver) => void run(receiver),
    pause: () => void (isPaused = true),
    resume,
    cancel() {
      isCancelled = true
      resume()
      // Not waited for: it would take for ever when whoever fetched keeps a clone of the answer.
      reader?.cancel().catch(() => undefined)
    },
  }
}

type Next = { readonly value: Uint8Array | undefined } | { readonly error: unknown }

async function readNext(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<Next> {
  try {
    return { value: (await reader?.read())?.value }
  } catch (error) {
    return { error }
  }
}

/** The bytes as a stream that asks for them when its reader does. */
export function toStream(source: ByteSource): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        source.pause()
        source.start({
          bytes(chunk) {
            controller.enqueue(chunk)
            if ((controller.desiredSize ?? 0) <= 0) source.pause()
          },
          end: () => controller.close(),
          fail: (error) => controller.error(error),
        })
      },
      pull: () => source.resume(),
      cancel: () => source.cancel(),
    },
    { highWaterMark: 0 },
  )
}

/** An event of an answer, as the API streams it. */
export interface AnswerEvent {
  readonly type?: string
  readonly delta?: string
  readonly message?: string
  readonly code?: string
  readonly error?: AnswerError
  readonly response?: {
    readonly error?: AnswerError | null
    readonly usage?: { readonly input_tokens?: number; readonly output_tokens?: number }
  }
}

export interface AnswerError {
  readonly code?: string | null
  readonly message?: string
}

/** The events of a stream, as they come. An event is one or more lines of `data`, then an empty line (HTML, 9.2.6). */
export async function* readEvents(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<AnswerEvent> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const blocks = (rest + part.value).replaceAll('\r\n', '\n').split('\n\n')
      rest = blocks.pop() ?? ''
      yield* blocks.flatMap(parseEvent)
    }
  } finally {
    await reader.cancel()
  }
}

function parseEvent(block: string): AnswerEvent[] {
  const data = block
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).trimStart())
    .join('\n')
  if (data === '' || data === '[DONE]') return []
  const event: AnswerEvent = JSON.parse(data)
  return [event]
}

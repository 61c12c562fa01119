import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A call of a tool, of whichever kind. */
export interface ExpectedCall {
  readonly type: 'function' | 'custom'
  readonly id: string
  readonly name: string
  readonly input: string
}

/** The token counts that a stream tells. */
export interface ExpectedUsage {
  readonly input?: number
  readonly cached?: number
  readonly output?: number
  readonly reasoning?: number
}

/** What a stream says when it is whole. */
export interface ExpectedAnswer {
  readonly status: 'completed' | 'incomplete'
  readonly text: string
  readonly tools: readonly ExpectedCall[]
  readonly usage: ExpectedUsage
  readonly refusal?: string
  readonly reasoning?: string
  readonly encrypted?: string
  readonly images?: readonly string[]
  readonly annotations?: number
  /** What Chat Completions call the end; default: `tool_calls` or `stop`. */
  readonly finish?: string
  /** The items come in another order than they stand in, which only the collected response can put right. */
  readonly order?: 'collected'
}

/** How a stream fails, and words that its message holds. */
export interface ExpectedFailure {
  readonly error: string
  readonly message?: string
}

/** A recorded shape of the stream: `test/fixtures/sse/<name>.sse`, and what it comes to in the `.json` beside it. */
export interface Recording {
  readonly name: string
  readonly bytes: Uint8Array
  readonly expected: ExpectedAnswer | ExpectedFailure
}

const folder = join(import.meta.dirname, '../fixtures/sse')

export const recordings: readonly Recording[] = readdirSync(folder)
  .filter((file) => file.endsWith('.sse'))
  .map((file) => file.slice(0, -4))
  .map((name) => ({
    name,
    bytes: new Uint8Array(readFileSync(join(folder, `${name}.sse`))),
    expected: JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')),
  }))

export const answers = recordings.flatMap(({ expected, ...rest }) =>
  'error' in expected ? [] : [{ ...rest, expected }],
)
export const failures = recordings.flatMap(({ expected, ...rest }) =>
  'error' in expected ? [{ ...rest, expected }] : [],
)

/** A response whose body comes in these pieces, one at a time. */
export function responseOf(...pieces: Uint8Array[]): Response {
  const remaining = pieces.values()
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const next = remaining.next()
    if (next.done) controller.close()
    else controller.enqueue(next.value)
  }
  return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }))
}

/** As a network may deliver them at its worst. */
export function bytewise(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (byte) => Uint8Array.of(byte))
}

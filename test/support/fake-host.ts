import type { Environment, Host } from '../../src/cli/host.js'
import { systemClock, type Clock } from '../../src/core/index.js'
import { waitFor } from '../../src/core/wait-for.js'
import { createTranscript, type Transcript } from './transcript.js'

export interface FakeHostOptions {
  readonly environment?: Environment
  readonly clock?: Clock
  /** What is piped in; a terminal where nobody types when not given. */
  readonly stdin?: string
  /** What the person types or pastes, one go after the other; after that, nothing. */
  readonly typed?: AsyncIterator<string>
  /** Both outputs are a terminal this wide; no terminal when not given. */
  readonly columns?: number
}

/** The world of a command line that a test owns. */
export interface FakeHost extends Host {
  readonly transcript: Transcript
  /** Ctrl-C. */
  readonly interrupt: () => void
}

export function createFakeHost(options: FakeHostOptions = {}): FakeHost {
  const { environment = {}, clock = systemClock, stdin, typed, columns } = options
  const controller = new AbortController()
  const transcript = createTranscript()
  const outputTo = (stream: 'stdout' | 'stderr') => ({
    write: (text: string) => transcript.write(stream, text),
    isTerminal: columns !== undefined,
    columns: columns ?? 80,
  })
  return {
    environment,
    clock,
    stdout: outputTo('stdout'),
    stderr: outputTo('stderr'),
    stdin: {
      isTerminal: stdin === undefined,
      readAll: async () => stdin ?? '',
      readPaste: (signal) => waitFor(async () => (await typed?.next())?.value ?? new Promise(() => {}), signal),
    },
    interrupted: controller.signal,
    transcript,
    interrupt: () => controller.abort(),
  }
}

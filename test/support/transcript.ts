/** What a program has printed so far, and a way to wait for more of it. */
export interface Transcript {
  readonly stdout: string
  readonly stderr: string
  write(stream: 'stdout' | 'stderr', text: string): void
  /** The first match in either stream; rejects when the program ends without it. */
  readonly waitFor: (pattern: RegExp) => Promise<RegExpExecArray>
  /** Tells those who wait that nothing more will come. */
  end(): void
}

export function createTranscript(): Transcript {
  const printed = { stdout: '', stderr: '' }
  let hasEnded = false
  const listeners = new Set<() => void>()
  const tellListeners = () => {
    for (const listener of listeners) listener()
  }
  return {
    get stdout() {
      return printed.stdout
    },
    get stderr() {
      return printed.stderr
    },
    write: (stream, text) => {
      printed[stream] += text
      tellListeners()
    },
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(printed.stdout) ?? pattern.exec(printed.stderr)
          if (match) resolve(match)
          else if (hasEnded) reject(new Error(`${pattern} was not printed.\n${printed.stdout}${printed.stderr}`))
          if (match || hasEnded) listeners.delete(look)
        }
        listeners.add(look)
        look()
      }),
    end: () => {
      hasEnded = true
      tellListeners()
    },
  }
}

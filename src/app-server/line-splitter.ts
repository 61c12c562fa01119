/** Takes bytes as they come and tells whole lines, without the line break and without those that are blank. */
export interface LineSplitter {
  readonly push: (chunk: Buffer) => void
  /** What is left when nothing more comes. */
  readonly end: () => void
}

/** @param tooLong Called instead, once, when a line has more than `limitBytes`; nothing is told after that. */
export function createLineSplitter(
  limitBytes: number,
  onLine: (line: string) => void,
  tooLong: () => void,
): LineSplitter {
  let parts: Buffer[] = []
  let size = 0
  let isOver = false

  function append(part: Buffer): void {
    parts.push(part)
    size += part.byteLength
    if (size <= limitBytes) return
    isOver = true
    parts = []
    tooLong()
  }

  function finishLine(): void {
    const line = Buffer.concat(parts).toString('utf8').trim()
    parts = []
    size = 0
    if (line !== '') onLine(line)
  }

  return {
    push(chunk) {
      let from = 0
      for (let to = chunk.indexOf(10); to >= 0 && !isOver; to = chunk.indexOf(10, from)) {
        append(chunk.subarray(from, to))
        if (!isOver) finishLine()
        from = to + 1
      }
      if (!isOver) append(chunk.subarray(from))
    },
    end: () => {
      if (!isOver) finishLine()
    },
  }
}

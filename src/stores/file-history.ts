import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A folder of files that grow by a line at a time, and stay small. Losing one loses the past and nothing else. */
export interface FileHistory {
  /** Oldest first. A line that a crash cut short may be among them. */
  read(name: string): Promise<readonly string[]>
  /** @param compact What may take the place of the lines when there are too many; the new one is among them. */
  append(name: string, line: string, compact: (lines: readonly string[]) => readonly string[]): Promise<void>
}

/** How big a file may grow, and what is left of it then: room for many more lines before the next time. */
const mostBytes = 512 * 1024
const keptBytes = 384 * 1024

/** Longer than putting a full file together takes; whoever waits for more does without the line. */
const lockWaitMs = 5000

/**
 * Never holds a credential, and never fails: what cannot be read counts as absent, what cannot be written is not kept. Processes that write at
 * once take turns, under the file's lock.
 */
export function createFileHistory(folder: string): FileHistory {
  const fileOf = (name: string) => join(folder, `${name}.jsonl`)
  return {
    read: (name) => readLines(fileOf(name)).catch(() => []),
    append: (name, line, compact) => appendInTurn(fileOf(name), line, compact).catch(() => undefined),
  }
}

async function appendInTurn(path: string, line: string, compact: Compact): Promise<void> {
  const { withLockedFile } = await import('./locked-file.js')
  await withLockedFile(path, { lockWaitMs }, undefined, async ({ target }) => {
    if ((await appendLine(target, line)) > mostBytes) await replaceLines(target, compact(await readLines(target)))
  })
}

type Compact = Parameters<FileHistory['append']>[2]

/** Begins a new line also after one that a crash cut short. @returns How big the file is now. */
async function appendLine(path: string, line: string): Promise<number> {
  const file = await open(path, 'a+', 0o600)
  try {
    const { size } = await file.stat()
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1))
    const isWhole = size === 0 || buffer.toString() === '\n'
    await file.appendFile(`${isWhole ? '' : '\n'}${line}\n`)
    return size + line.length
  } finally {
    await file.close()
  }
}

async function replaceLines(path: string, lines: readonly string[]): Promise<void> {
  const { replaceFile } = await import('./replace-file.js')
  await replaceFile(path, newestWithin(lines, keptBytes).join(''))
}

/** As many of the last lines as fit. */
function newestWithin(lines: readonly string[], bytes: number): string[] {
  const kept: string[] = []
  let left = bytes
  for (const line of lines.toReversed()) {
    left -= Buffer.byteLength(line) + 1
    if (left < 0) break
    kept.unshift(`${line}\n`)
  }
  return kept
}

async function readLines(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8')
  return text.split('\n').filter((line) => line !== '')
}

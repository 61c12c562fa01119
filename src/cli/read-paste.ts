import { createInterface, type Interface } from 'node:readline'
import type { Clock } from '../core/index.js'

/** The lines of a paste arrive together; Enter comes from a person. */
const quietMs = 150

/**
 * What is pasted or typed next, with its line ends, up to the Enter after which nothing is left on the line: a paste of several lines is one
 * answer, also when its last line waits for Enter. Longer than what a terminal keeps of a line, as it is read key by key.
 *
 * @throws the signal's reason when it aborts, which is also how the waiting ends when nothing can come any more
 */
export async function readPaste(stdin: NodeJS.ReadStream, clock: Clock, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  const reader = createInterface({ input: stdin, output: process.stderr, terminal: true, historySize: 0 })
  // Keys are ours while we read, Ctrl-C among them.
  reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    return await untilEnter(reader, clock, signal)
  } finally {
    reader.close()
  }
}

function untilEnter(reader: Interface, clock: Clock, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    let quiet = new AbortController()
    const stop = () => {
      quiet.abort()
      reject(signal.reason)
    }
    const finish = () => {
      if (reader.line !== '') return
      signal.removeEventListener('abort', stop)
      resolve(text)
    }
    signal.addEventListener('abort', stop, { once: true })
    reader.on('line', (line) => {
      text += `${line}\n`
      quiet.abort()
      quiet = new AbortController()
      void clock.sleep(quietMs, quiet.signal).then(finish, () => undefined)
    })
  })
}

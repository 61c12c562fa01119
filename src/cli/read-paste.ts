import type { Clock } from '../core/index.js'

/** How long nothing more must come: what is pasted in several lines arrives at once, what is typed ends with Enter. */
const quietMs = 150

/**
 * The text that arrives at a terminal in one go, with its line ends.
 *
 * @throws the signal's reason when it aborts, which is also how the waiting ends when nothing can come any more
 */
export async function readPaste(stdin: NodeJS.ReadStream, clock: Clock, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  let text = ''
  let quiet = new AbortController()
  try {
    return await new Promise((resolve, reject) => {
      const onData = (chunk: string | Buffer) => {
        text += String(chunk)
        quiet.abort()
        quiet = new AbortController()
        clock.sleep(quietMs, quiet.signal).then(
          () => resolve(text),
          () => undefined,
        )
      }
      stdin.setEncoding('utf8').on('data', onData)
      stdin.resume()
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  } finally {
    quiet.abort()
    stdin.removeAllListeners('data')
    stdin.pause()
  }
}

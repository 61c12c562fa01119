import type { BrowserLink, OtherWay, SignInScreen } from '../sign-in/index.js'
import { toBrowserText, toOtherWayText } from './browser-link-text.js'
import { toCountdownLine, toDeviceCodeText } from './device-code-text.js'
import type { Host, Output } from './host.js'
import { wrapWords } from './wrap-words.js'

export interface TerminalScreen extends SignInScreen {
  /** Ends the countdown and leaves the cursor on an empty line. */
  close(): void
}

/** A sign-in on stderr. Addresses and codes are unpadded and alone on their lines, so that they survive any copying. */
export function createTerminalScreen(host: Host): TerminalScreen {
  const { stderr } = host
  const closed = new AbortController()
  const signal = AbortSignal.any([closed.signal, host.interrupted])
  const canAsk = stderr.isTerminal && host.stdin.isTerminal
  let other: OtherWay | undefined
  let isPrompting = false
  let isReading = false
  let counting: AbortController | undefined

  /** What is written next starts on an empty line. */
  function endCountdown(): void {
    if (counting) stderr.write(blankLine(stderr))
    counting?.abort()
    counting = undefined
  }

  /** Enter alone opens the other way; then whoever asks for a paste reads what is typed. */
  async function watchForEnter(way: OtherWay): Promise<void> {
    while ((await host.stdin.readPaste(signal)).trim() !== '') continue
    await openOther(way)
  }

  async function openOther(way: OtherWay): Promise<void> {
    other = undefined
    await way.open().catch((error: unknown) => {
      stderr.write(`${error instanceof Error ? error.message : 'That did not work.'}\n`)
    })
  }

  async function countDown(expiresAtMs: number): Promise<void> {
    counting = new AbortController()
    const over = AbortSignal.any([signal, counting.signal])
    while (!over.aborted && host.clock.now() < expiresAtMs) {
      stderr.write(`\r${toCountdownLine(expiresAtMs - host.clock.now(), stderr)}`)
      await host.clock.sleep(1000, over).catch(() => undefined)
    }
  }

  /** The prompt is left on a line of its own when nobody answers it. */
  async function readAnswer(over: AbortSignal): Promise<string> {
    isReading = true
    try {
      return await host.stdin.readPaste(over)
    } catch (error) {
      stderr.write('\n')
      throw error
    } finally {
      isReading = false
    }
  }

  return {
    showDeviceCode: (code, way) => {
      endCountdown()
      const text = toDeviceCodeText(code, host) + toOtherWayText(way, host, canAsk)
      // What comes by itself comes below the prompt.
      stderr.write(isReading ? `\n${text}${prompt}` : text)
      if (stderr.isTerminal && !isPrompting) void countDown(code.expiresAtMs)
      if (way && !way.failure && canAsk) void watchForEnter(way).catch(() => undefined)
    },
    showBrowserUrl: (link: BrowserLink, way) => {
      other = way?.failure ? undefined : way
      endCountdown()
      stderr.write(toBrowserText(link, host) + toOtherWayText(way, host, canAsk))
    },
    ...(canAsk && {
      askForPaste: async (asking: AbortSignal, whyAgain?: Error) => {
        isPrompting = true
        for (;;) {
          stderr.write(toPrompt(whyAgain, stderr))
          const text = await readAnswer(AbortSignal.any([asking, signal]))
          if (text.trim() !== '') return text
          if (other) await openOther(other)
        }
      },
    }),
    close: () => {
      endCountdown()
      closed.abort()
    },
  }
}

const prompt = '> '

function toPrompt(whyAgain: Error | undefined, { columns }: Output): string {
  const why = whyAgain ? wrapWords(whyAgain.message, columns) : []
  return [...why, prompt].join('\n')
}

/** Without escape codes, so that a terminal that knows none shows none. */
function blankLine({ columns }: Output): string {
  return `\r${' '.repeat(Math.max(0, columns - 1))}\r`
}

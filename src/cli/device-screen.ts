import { encode } from 'uqr'
import type { DeviceCode } from '../core/index.js'
import type { SignInScreen } from '../sign-in/index.js'
import { formatCountdown } from './format-time.js'
import type { Host } from './host.js'
import { toLargeText } from './large-text.js'
import { createStyle } from './style.js'

export interface DeviceScreen extends SignInScreen {
  /** Ends the countdown and leaves the cursor on an empty line. */
  close(): void
}

/** Shows a device code on stderr: address and code unpadded and alone on their lines, so that they survive any copying. */
export function createDeviceScreen(host: Host): DeviceScreen {
  const closed = new AbortController()
  return {
    showDeviceCode: (code) => {
      host.stderr.write(toText(code, host))
      if (host.stderr.isTerminal) void countDown(code.expiresAtMs, host, closed.signal)
    },
    close: () => {
      if (!closed.signal.aborted && host.stderr.isTerminal) host.stderr.write('\r\u001b[K')
      closed.abort()
    },
  }
}

function toText({ verificationUrl, userCode }: Pick<DeviceCode, 'verificationUrl' | 'userCode'>, host: Host): string {
  const style = createStyle(host.stderr, host.environment)
  const lines = [
    'Open this page, on this or any other device, and sign in:',
    '',
    style.link(verificationUrl),
    '',
    ...toQrLines(verificationUrl, host),
    'Then enter this code:',
    '',
    ...(host.stderr.isTerminal ? toLargeText(userCode, host.stderr.columns) : []),
    style.bold(userCode),
    '',
    style.dim('The page says no? Device codes have to be enabled in ChatGPT under Settings, Security.'),
    style.dim('Only go on if you started this yourself. Somebody else gave you this code? Stop here.'),
    '',
  ]
  return `${lines.join('\n')}\n`
}

const quietZone = 2

/** The address as a QR code, where the terminal is a terminal and wide enough; never the code. */
function toQrLines(url: string, host: Host): string[] {
  if (!host.stderr.isTerminal) return []
  const { data, size } = encode(url, { border: quietZone })
  if (host.stderr.columns < size) return []
  const rows = Array.from({ length: Math.ceil(size / 2) }, (_, row) => toHalfBlocks(data[row * 2], data[row * 2 + 1]))
  return [...rows, '']
}

/** Two rows of modules in one line of text. Light modules are drawn, so that the code reads on a dark background. */
function toHalfBlocks(upper: readonly boolean[] = [], lower: readonly boolean[] = []): string {
  return upper
    .map((isDark, column) => (isDark ? (lower[column] === false ? '▄' : ' ') : lower[column] === false ? '█' : '▀'))
    .join('')
}

async function countDown(expiresAtMs: number, host: Host, closed: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([closed, host.interrupted])
  while (!signal.aborted && host.clock.now() < expiresAtMs) {
    const left = formatCountdown(expiresAtMs - host.clock.now())
    host.stderr.write(`\r\u001b[KWaiting for your approval · ${left} left · Ctrl-C cancels`)
    await host.clock.sleep(1000, signal).catch(() => undefined)
  }
}

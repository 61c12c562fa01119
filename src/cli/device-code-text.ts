import { encode } from 'uqr'
import type { DeviceCode } from '../core/oauth.js'
import { formatCountdown } from './format-time.js'
import type { Host, Output } from './host.js'
import { toLargeText } from './large-text.js'
import { createStyle } from './style.js'
import { wrapWords } from './wrap-words.js'

/** What has to be read or typed comes last: the QR code alone is almost as high as a small terminal. */
export function toDeviceCodeText(
  { verificationUrl, userCode }: Pick<DeviceCode, 'verificationUrl' | 'userCode'>,
  host: Host,
): string {
  const { isTerminal, columns } = host.stderr
  const style = createStyle(host.stderr, host.environment)
  const dimmed = (text: string) => wrapWords(text, columns).map(style.dim)
  const lines = [
    ...toQrLines(verificationUrl, host),
    ...wrapWords('Open this page, on this or any other device, and sign in:', columns),
    '',
    style.link(verificationUrl),
    '',
    'Then enter this code:',
    '',
    ...(isTerminal ? toLargeText(userCode, columns) : []),
    style.bold(userCode),
    '',
    ...dimmed('The page says no? Device codes have to be enabled in ChatGPT under Settings, Security.'),
    ...dimmed('Only go on if you started this yourself. Somebody else gave you this code? Stop here.'),
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

/** From the most telling to the shortest. */
const countdownLines: readonly ((left: string) => string)[] = [
  (left) => `Waiting for your approval · ${left} left · Ctrl-C cancels`,
  (left) => `${left} left · Ctrl-C cancels`,
  (left) => `${left} left`,
]

/** Never as wide as the terminal: a line that wraps cannot be written over. The space at its end covers the last letter of `10:00 left`. */
export function toCountdownLine(leftMs: number, { columns }: Output): string {
  const left = formatCountdown(leftMs)
  const lines = countdownLines.map((toLine) => `${toLine(left)} `)
  return lines.find(({ length }) => length < columns) ?? ''
}

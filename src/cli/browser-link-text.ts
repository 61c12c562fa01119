import { toSshTunnel, type BrowserLink, type OtherWay } from '../sign-in/index.js'
import type { Host } from './host.js'
import { createStyle } from './style.js'
import { wrapWords } from './wrap-words.js'

/** Where to open a browser, and how it finds its way back. The address is one line, however long: a terminal wraps it, a copy does not. */
export function toBrowserText(link: BrowserLink, host: Host): string {
  const { columns, isTerminal } = host.stderr
  const style = createStyle(host.stderr, host.environment)
  const wrap = (text: string) => wrapWords(text, columns)
  const opening = link.isOpened
    ? 'Your browser shows the sign-in page now. If it does not, open this address:'
    : 'Open this address in a browser and sign in:'
  const tunnel = link.port === undefined ? undefined : toSshTunnel(link.port, host.environment)
  const lines = [
    ...wrap(opening),
    '',
    style.link(link.url.href),
    '',
    ...(tunnel ? [...wrap('Your browser is on another machine? Run this there first:'), '', tunnel, ''] : []),
    ...wrap(wayBack(link, host)),
    ...(isTerminal ? wrap('Only go on if you started this yourself.').map(style.dim) : []),
    '',
  ]
  return `${lines.join('\n')}\n`
}

function wayBack({ port, whyNoPort }: BrowserLink, { stdin, stderr }: Host): string {
  const canPaste = stdin.isTerminal && stderr.isTerminal
  if (port === undefined) {
    const why = whyNoPort?.summary ?? 'No port is free for the way back.'
    return `${why} Paste here the address that the browser ends on, even if its page cannot be reached.`
  }
  const paste = ' If it cannot get there, paste the address that it ends on here.'
  return `The browser comes back to port ${port} of this machine.${canPaste ? paste : ''}`
}

/** What else can be done, or why it is not what was begun with. */
export function toOtherWayText(way: OtherWay | undefined, host: Host, canAsk: boolean): string {
  if (!way) return ''
  const { columns } = host.stderr
  if (way.failure) return `${wrapWords(way.failure.message, columns).join('\n')}\n\n`
  if (!canAsk) return ''
  const what = way.flow === 'device' ? 'a code for another device' : 'a browser'
  return `${wrapWords(`Press Enter to use ${what} instead.`, columns).join('\n')}\n\n`
}

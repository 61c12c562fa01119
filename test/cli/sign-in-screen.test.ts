import { encode } from 'uqr'
import { describe, expect, it } from 'vitest'
import { createTerminalScreen } from '../../src/cli/sign-in-screen.js'
import { createFakeClock } from '../../src/testing/index.js'
import { createFakeHost, type FakeHostOptions } from '../support/fake-host.js'

const verificationUrl = 'https://auth.openai.com/codex/device'
const userCode = 'WDJB-MJHTX'
const lifetimeMs = 15 * 60_000

function show(options: Omit<FakeHostOptions, 'clock'>) {
  const clock = createFakeClock()
  const host = createFakeHost({ ...options, clock })
  const screen = createTerminalScreen(host)
  void screen.showDeviceCode({ verificationUrl, userCode, expiresAtMs: clock.now() + lifetimeMs })
  return { clock, host, screen, shown: host.transcript.stderr, lines: host.transcript.stderr.split('\n') }
}

const plain = { NO_COLOR: '1' }
const link = `\u001b]8;;${verificationUrl}\u0007${verificationUrl}\u001b]8;;\u0007`
const bold = (text: string) => `\u001b[1m${text}\u001b[22m`

/** Two modules a character, light ones drawn. */
const modules: Readonly<Record<string, readonly [upperIsDark: boolean, lowerIsDark: boolean]>> = {
  '█': [false, false],
  '▀': [false, true],
  '▄': [true, false],
  ' ': [true, true],
}

/** The matrix that the lines of a QR code draw. */
function readQrCode(lines: readonly string[], size: number): boolean[][] {
  const rows = lines.map((line) => Array.from(line, (character) => modules[character] ?? [false, false]))
  return rows.flatMap((row) => [row.map(([upper]) => upper), row.map(([, lower]) => lower)]).slice(0, size)
}

/** What a terminal shows on the last line after everything that was written over it. */
function lineOf(text: string): string {
  const writes = text.slice(text.lastIndexOf('\n') + 1).split('\r')
  return writes.reduce((line, written) => written + line.slice(written.length), '').trimEnd()
}

describe('the screen of a device sign-in', () => {
  it.each([40, 80, 200])('shows address and code alone and unbroken on their lines, %i columns wide', (columns) => {
    const { lines } = show({ columns, environment: plain })
    expect(lines.filter((line) => line.includes(verificationUrl))).toEqual([verificationUrl])
    expect(lines.filter((line) => line.includes(userCode))).toEqual([userCode])
  })

  it.each([40, 60, 80, 200])('keeps within %i columns, and breaks between words', (columns) => {
    const { lines, shown } = show({ columns, environment: plain })
    expect(lines.filter((line) => line.length > columns)).toEqual([])
    expect(shown.replaceAll('\n', ' ')).toContain(
      'Device codes have to be enabled in ChatGPT under Settings, Security.',
    )
  })

  it('makes the address a link, and the code bold', () => {
    const { lines } = show({ columns: 80 })
    expect(lines).toContain(link)
    expect(lines).toContain(bold(userCode))
  })

  it('draws the address, and never the code, as a QR code', () => {
    const { data, size } = encode(verificationUrl, { border: 2 })
    const { lines } = show({ columns: 40, environment: plain })
    expect(readQrCode(lines.slice(0, Math.ceil(size / 2)), size)).toEqual(data)
  })

  it('draws none where it would not fit', () => {
    const { lines } = show({ columns: 30, environment: plain })
    expect(lines[0]).toBe('Open this page, on this or any')
  })

  it('has everything that is read or typed on the last 24 lines', () => {
    const { lines } = show({ columns: 80, environment: plain })
    expect(lines.slice(-24)).toContain(verificationUrl)
  })

  it('writes the code large where it fits', () => {
    const hasLargeText = (columns: number) => show({ columns, environment: plain }).shown.includes('██  ██')
    expect([79, 80].map(hasLargeText)).toEqual([false, true])
  })

  it.each([20, 40, 80])('counts down on one line of %i columns, and leaves it blank', async (columns) => {
    const { clock, host, screen } = show({ columns, environment: plain })
    expect(lineOf(host.transcript.stderr)).toContain('15:00 left')
    await clock.advance(6 * 60_000)
    expect(lineOf(host.transcript.stderr)).toMatch(/\b9:00 left( · Ctrl-C cancels)?$/)
    const counted = host.transcript.stderr.split('\r').slice(1)
    expect(counted).toHaveLength(361)
    expect(counted.filter((text) => text.length >= columns || text.includes('\n'))).toEqual([])
    screen.close()
    expect(lineOf(host.transcript.stderr)).toBe('')
    expect(host.transcript.stderr.endsWith('\r')).toBe(true)
    expect(clock.sleeping).toBe(0)
  })

  it('stops counting at the end of the code, and on Ctrl-C', async () => {
    const { clock, host } = show({ columns: 80 })
    await clock.advance(lifetimeMs)
    expect(clock.sleeping).toBe(0)
    expect(host.transcript.stderr.split('\r').at(-1)).toContain('0:01 left')
    const interrupted = show({ columns: 80 })
    interrupted.host.interrupt()
    expect(interrupted.clock.sleeping).toBe(0)
  })

  it.each([
    ['where it is no terminal', {}],
    ['on a terminal without colours', { columns: 80, environment: plain }],
    ['on a dumb terminal', { columns: 80, environment: { TERM: 'dumb' } }],
  ])('sends no escape code %s', (_, options) => {
    const { host, screen } = show(options)
    screen.close()
    expect(host.transcript.stderr).not.toContain('\u001b')
  })

  it('is short where it is no terminal: no QR code, no large letters, no countdown', () => {
    const { shown } = show({})
    expect(shown).not.toMatch(/[█▀▄\r]/)
    expect(shown.trimEnd().split('\n').length).toBeLessThanOrEqual(12)
  })
})

describe('the screen of a sign-in with a browser', () => {
  it('shows a device code that comes by itself below the prompt, and the prompt again below that', async () => {
    const host = createFakeHost({ columns: 80, environment: plain, clock: createFakeClock() })
    const screen = createTerminalScreen(host)
    const over = new AbortController()
    await screen.showBrowserUrl?.({
      url: new URL('https://auth.openai.com/oauth/authorize'),
      port: 1455,
      isOpened: true,
    })
    void screen.askForPaste?.(over.signal).catch(() => undefined)
    void screen.showDeviceCode({ verificationUrl, userCode, expiresAtMs: host.clock.now() + lifetimeMs })
    const { size } = encode(verificationUrl, { border: 2 })
    const [before = '', code = '', after] = host.transcript.stderr.split(/^> /m)
    expect(before.endsWith('\n\n')).toBe(true)
    expect(code.split('\n').slice(0, 2)).toEqual(['', '█'.repeat(size)])
    expect(after).toBe('')
    over.abort()
    screen.close()
  })
})

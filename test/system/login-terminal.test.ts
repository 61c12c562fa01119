import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/index.js'
import { withCliLab, type CliLab } from '../support/cli-lab.js'
import { builtCli } from '../support/cli-process.js'
import { withTerminal, type Terminal } from '../support/terminal.js'

interface Size {
  readonly columns: number
  readonly rows: number
}

/** `planpass login` on a terminal of this size, with a code on the screen. */
async function withLogin(
  size: Size,
  body: (login: { lab: CliLab; terminal: Terminal; screen: string[] }) => Promise<void>,
): Promise<void> {
  await withCliLab({ clock: systemClock }, async (lab) => {
    const command = [process.execPath, builtCli(), 'login']
    await withTerminal({ ...size, command, environment: { ...lab.environment, CI: 'false' } }, async (terminal) => {
      const screen = await terminal.waitForScreen(/\d+:\d\d left/)
      await body({ lab, terminal, screen })
    })
  })
}

const userCode = /^[A-Z0-9]{4}-[A-Z0-9]{5}$/
const qrCodeCorner = '██ ▄▄▄▄▄ █'
const sizes = [40, 80, 200].map((columns) => ({ columns, rows: 50 }))

describe.each(sizes)('planpass login on a terminal of $columns columns', (size) => {
  it('shows address and code unbroken on lines of their own, and a QR code', async () => {
    await withLogin(size, async ({ lab, screen }) => {
      expect(screen).toContain(`${lab.issuer}/codex/device`)
      expect(screen.filter((line) => userCode.test(line))).toHaveLength(1)
      expect(screen.filter((line) => line.startsWith(qrCodeCorner))).toHaveLength(2)
    })
  })

  it('counts down on one line', async () => {
    await withLogin(size, async ({ terminal, screen }) => {
      const later = await terminal.waitForScreen(/14:5[0-7] left/)
      expect(later.filter((line) => line.includes(' left'))).toHaveLength(1)
      expect(later).toHaveLength(screen.length)
    })
  })

  it('ends with 130 on Ctrl-C, on a fresh line, and leaves nothing behind', async () => {
    await withLogin(size, async ({ lab, terminal, screen }) => {
      await terminal.pressCtrlC()
      const after = await terminal.waitForScreen(/^exit code \d+/m)
      expect(after.slice(-3)).toEqual(['', 'Cancelled. Nothing was changed.', 'exit code 130'])
      expect(after.slice(0, -2)).toEqual(screen.slice(0, -1))
      expect(await terminal.cursorColumn()).toBe('exit code 130'.length)
      expect(await readdir(lab.home, { recursive: true })).toEqual([])
    })
  })

  it('takes the countdown away once the code is approved', async () => {
    await withLogin(size, async ({ lab, terminal, screen }) => {
      lab.emulator.approve(screen.find((line) => userCode.test(line)) ?? '')
      const after = await terminal.waitForScreen(/^exit code \d+/m)
      expect(after.slice(-3)).toEqual(['', 'Signed in as ada@example.test (plus).', 'exit code 0'])
      expect(after.filter((line) => line.includes(' left'))).toEqual([])
    })
  })
})

describe('planpass login on a terminal of 80 columns and 24 rows', () => {
  it('keeps address, code and countdown on the screen', async () => {
    await withLogin({ columns: 80, rows: 24 }, async ({ lab, screen }) => {
      expect(screen).toContain(`${lab.issuer}/codex/device`)
      expect(screen.some((line) => userCode.test(line))).toBe(true)
      expect(screen.at(-1)).toMatch(/^Waiting for your approval · 1\d:\d\d left · Ctrl-C cancels$/)
    })
  })
})

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/index.js'
import { withCliLab, type CliLab } from '../support/cli-lab.js'
import { builtCli } from '../support/cli-process.js'
import { withTerminal, type Terminal } from '../support/terminal.js'

const run = promisify(execFile)

/** `planpass serve` on a terminal of this width, once it listens. */
async function withServe(
  { columns, args = [] }: { readonly columns: number; readonly args?: readonly string[] },
  body: (serve: { lab: CliLab; terminal: Terminal; lines: string[] }) => Promise<void>,
): Promise<void> {
  await withCliLab({ clock: systemClock }, async (lab) => {
    await lab.signIn()
    const command = [process.execPath, builtCli(), 'serve', '--port', '0', ...args]
    await withTerminal({ columns, rows: 40, command, environment: { ...lab.environment } }, async (terminal) => {
      await terminal.waitForScreen(/Ctrl-C stops it|in the background/)
      await body({ lab, terminal, lines: await terminal.copyScreen() })
    })
  })
}

function linkIn(lines: readonly string[]): URL {
  return new URL(lines.find((line) => line.includes('/enter#')) ?? '')
}

async function enter(link: URL): Promise<number> {
  const body = JSON.stringify({ ticket: link.hash.slice(1) })
  const headers = { 'content-type': 'application/json' }
  return (await fetch(new URL('/api/enter', link), { method: 'POST', headers, body })).status
}

describe.each([40, 80, 200])('planpass serve on a terminal of %i columns', (columns) => {
  it('prints what a shell takes as it is, a link that opens the console once, and ends on Ctrl-C', async () => {
    await withServe({ columns }, async ({ lab, terminal, lines }) => {
      const exports = lines.filter((line) => line.startsWith('export '))
      expect(exports).toEqual([
        expect.stringMatching(/^export OPENAI_BASE_URL=http:\/\/127\.0\.0\.1:\d+\/v1$/),
        expect.stringMatching(/^export OPENAI_API_KEY=ppk_[\w-]{43}$/),
      ])
      const ask = 'curl -sS --max-time 20 -H "Authorization: Bearer $OPENAI_API_KEY" "$OPENAI_BASE_URL/models"'
      const { stdout } = await run('sh', ['-c', [...exports, ask].join('\n')])
      expect(JSON.parse(stdout)).toMatchObject({ object: 'list' })

      expect([await enter(linkIn(lines)), await enter(linkIn(lines))]).toEqual([204, 401])
      await terminal.pressCtrlC()
      const after = await terminal.waitForScreen(/exit code \d+/)
      expect(after.at(-1)).toMatch(/exit code 0$/)
      expect((await lab.run(['serve', 'status'])).stderr).toBe('No gateway runs.\n')
    })
  })
})

describe('planpass serve --detach on a terminal', () => {
  it('gives the terminal back, goes on, and is stopped from another', async () => {
    await withServe({ columns: 80, args: ['--detach'] }, async ({ lab, terminal, lines }) => {
      try {
        expect((await terminal.waitForScreen(/exit code \d+/)).at(-1)).toMatch(/exit code 0$/)
        expect(await enter(linkIn(lines))).toBe(204)
        expect((await lab.run(['serve', 'status'])).stdout).toMatch(
          /^http:\/\/127\.0\.0\.1:\d+\/v1  process \d+, since /,
        )
      } finally {
        expect((await lab.run(['serve', 'stop'])).stderr).toBe('Stopped.\n')
      }
    })
  })
})

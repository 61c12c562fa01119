import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/core/index.js'
import { connectRaw, statusOf, type RawConnection } from '../gateway/raw-connection.js'
import { parseLines, withCliLab, type CliLab } from '../support/cli-lab.js'

const megabyte = 1024 * 1024

interface Target extends CliLab {
  readonly url: string
  readonly origin: string
  readonly key: string
  /** The most memory that the gateway has ever held, in megabytes (proc_pid_status(5)). */
  readonly peakMemory: () => Promise<number>
}

/** `planpass serve` as it is shipped, with the limits that it has by itself. */
async function withTarget(body: (target: Target) => Promise<void>): Promise<void> {
  await withCliLab({ clock: systemClock }, async (lab) => {
    await lab.signIn()
    const child = lab.startProcess(['serve', '--json', '--port', '0'], { timeoutMs: 110_000 })
    await child.waitForOutput(/"console".*\n/)
    const [{ url, key }] = parseLines(child.printed.stdout) as unknown as [Record<'url' | 'key', string>]
    const [{ running }] = parseLines((await lab.run(['serve', 'status', '--json'])).stdout) as unknown as [
      { running: [{ pid: number }] },
    ]
    const peakMemory = async () => {
      const status = await readFile(`/proc/${running[0].pid}/status`, 'utf8')
      return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
    }
    await askHonestly({ url, key })
    lab.emulator.clearLog()
    await body({ ...lab, url, key, origin: new URL(url).origin, peakMemory })
    child.stop('SIGTERM')
    expect(await child.finished).toMatchObject({ exitCode: 0, stderr: '' })
  })
}

async function askHonestly({ url, key }: Pick<Target, 'url' | 'key'>): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ model: 'gpt-6.1-sol', input: 'Hello' })
  const answer = await fetch(`${url}/responses`, { method: 'POST', headers, body })
  expect({ status: answer.status, text: await answer.text() }).toMatchObject({ status: 200 })
}

function head({ origin }: Pick<Target, 'origin'>, ...lines: readonly string[]): string {
  return ['POST /v1/responses HTTP/1.1', `Host: ${new URL(origin).host}`, ...lines, '', ''].join('\r\n')
}

/** Sends until the other side has had enough. */
async function pour({ socket }: RawConnection, chunk: string, mostBytes: number): Promise<void> {
  for (let sent = 0; !socket.destroyed && sent < mostBytes; sent += chunk.length) {
    if (!socket.write(chunk)) await untilDrained(socket)
  }
}

async function untilDrained(socket: Socket): Promise<void> {
  const over = new AbortController()
  const { signal } = over
  await Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })]).catch(() => undefined)
  over.abort()
}

const attacks: Readonly<Record<string, (target: Target) => Promise<unknown>>> = {
  async 'headers of ten megabytes, twenty times over'(target) {
    const statuses = Array.from({ length: 20 }, async () => {
      const connection = await connectRaw(target.origin)
      connection.write(head(target, `X-Long: ${'a'.repeat(10 * megabyte)}`))
      return statusOf(await connection.answered)
    })
    for (const status of await Promise.all(statuses)) expect([431, 0]).toContain(status)
  },
  async 'bodies of a gigabyte, of somebody without a key and of somebody with one'(target) {
    const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`
    const owner = `Authorization: Bearer ${target.key}`
    const statuses = ['Authorization: Bearer guess', owner, owner, 'X-No: key'].map(async (line) => {
      const connection = await connectRaw(target.origin)
      connection.write(head(target, line, 'Transfer-Encoding: chunked'))
      await pour(connection, chunk, 1024 * megabyte)
      return statusOf(await connection.answered)
    })
    // Who is cut off in the middle of sending may never read the answer.
    for (const status of await Promise.all(statuses)) expect([401, 413, 0]).toContain(status)
  },
  async 'two thousand connections that send their headers a byte at a time'(target) {
    const slow = await Promise.all(Array.from({ length: 2000 }, () => connectRaw(target.origin)))
    onTestFinished(() => slow.forEach(({ socket }) => socket.destroy()))
    for (const byte of 'POST /v1/responses HTTP/1.1\r\nX-Slow: aaaa') {
      for (const { socket, write } of slow) if (!socket.destroyed) write(byte)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await askHonestly(target)
    target.emulator.clearLog()
    expect(slow.filter(({ socket }) => !socket.destroyed).length).toBeLessThanOrEqual(2048)
  },
  async 'two thousand guesses at a key'(target) {
    for (let round = 0; round < 10; round += 1) {
      const guesses = Array.from({ length: 200 }, (_, index) => `${target.key.slice(0, -2)}${round}${index}`)
      const statuses = guesses.map(async (guess) => {
        const answer = await fetch(`${target.url}/models`, { headers: { authorization: `Bearer ${guess}` } })
        await answer.body?.cancel()
        return answer.status
      })
      expect(new Set(await Promise.all(statuses))).toEqual(new Set([401]))
    }
  },
}

describe('planpass serve under attack', () => {
  it.each(Object.entries(attacks))(
    'withstands %s: no credential is used, memory is bounded, others are served',
    async (_name, attack) => {
      await withTarget(async (target) => {
        const before = await target.peakMemory()
        await attack(target)
        expect(target.emulator.log).toEqual([])
        const grown = (await target.peakMemory()) - before
        expect(grown).toBeLessThan(160)
        await askHonestly(target)
      })
    },
  )
})

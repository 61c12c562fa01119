import { mkdir, readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/core/index.js'
import { createExternalSession } from '../../src/core/external.js'
import { fromCommand, type CommandSourceOptions } from '../../src/sources/index.js'
import { createEmulator, createFakeClock } from '../../src/testing/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { providerOf } from '../support/signed-in.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { createTokenCommand } from '../support/token-command.js'

/** Prints `token-1`, `token-2`, … */
const countingBody = 'echo "token-$(wc -l < "$CALLS" | tr -d " ")"'

async function counting(options: Partial<CommandSourceOptions> = {}) {
  const command = await createTokenCommand(await temporaryFolder(), countingBody)
  const clock = createFakeClock()
  const source = fromCommand({ command: command.path, clock, ...options })
  const resolved = async () => (await source.resolve())?.accessToken.reveal()
  return { command, clock, source, resolved }
}

async function failing(body: string, options: Partial<CommandSourceOptions> = {}) {
  const { path } = await createTokenCommand(await temporaryFolder(), body)
  return caughtAuthError(fromCommand({ command: path, ...options }).resolve())
}

describe('a token command', () => {
  it('prints a token, which is trimmed and is a plain bearer', async () => {
    const { path } = await createTokenCommand(await temporaryFolder(), String.raw`printf '\n  token-1 \n\n'`)
    expect(await fromCommand({ command: path }).resolve()).toEqual({ accessToken: new Secret('token-1') })
    const tokens = await fromCommand({ command: path }).resolve()
    expect(tokens?.accessToken.reveal()).toBe('token-1')
    expect(tokens).not.toHaveProperty('chatgpt')
  })

  it('is given its arguments as they are, and nothing on its input', async () => {
    const { path, calls } = await createTokenCommand(await temporaryFolder(), 'cat; echo token')
    await fromCommand({ command: path, args: ['--audience', '$HOME; two words'] }).resolve()
    expect((await calls())[0]).toMatch(/ --audience \$HOME; two words$/)
  })

  it('is found by its path, by its path in the working directory, and on the PATH', async () => {
    const folder = await realpath(await temporaryFolder())
    await mkdir(join(folder, 'bin'))
    const { path, calls } = await createTokenCommand(join(folder, 'bin'), 'echo token')
    await fromCommand({ command: path }).resolve()
    await fromCommand({ command: 'bin/token.sh', cwd: folder }).resolve()
    expect(await calls()).toEqual([`${process.cwd()} `, `${folder} `])
    const tokens = await fromCommand({ command: 'printf', args: ['on-the-path'] }).resolve()
    expect(tokens?.accessToken.reveal()).toBe('on-the-path')
  })

  it('runs again after five minutes, unless told otherwise', async () => {
    const { resolved, clock } = await counting()
    expect(await resolved()).toBe('token-1')
    await clock.advance(299_999)
    expect(await resolved()).toBe('token-1')
    await clock.advance(1)
    expect(await resolved()).toBe('token-2')
  })

  it('runs again after a 401 only when its interval is zero', async () => {
    const { resolved, source, clock } = await counting({ refreshIntervalMs: 0 })
    await resolved()
    await clock.advance(30 * 24 * 3_600_000)
    expect(await resolved()).toBe('token-1')
    await source.refresh({ reason: 'unauthorized', rejected: new Secret('token-1') })
    expect(await resolved()).toBe('token-2')
  })

  it('runs once for all who ask meanwhile', async () => {
    const { resolved, source, command } = await counting()
    const first = await Promise.all(Array.from({ length: 8 }, resolved))
    expect(new Set(first)).toEqual(new Set(['token-1']))
    const rejected = new Secret('token-1')
    await Promise.all(Array.from({ length: 8 }, () => source.refresh({ reason: 'unauthorized', rejected })))
    expect(await command.calls()).toHaveLength(2)
  })

  it('carries a session over a 401', async () => {
    const emulator = createEmulator()
    const [first, second] = [await emulator.issueTokens(), await emulator.issueTokens()]
    const body = `sed -n "$(wc -l < "$CALLS")p" <<'END'\n${first.accessToken}\n${second.accessToken}\nEND`
    const command = await createTokenCommand(await temporaryFolder(), body)
    const auth = fromCommand({ command: command.path })
    const session = createExternalSession({ auth, provider: providerOf(emulator), fetch: emulator.fetch })
    const usage = `${emulator.backendUrl}/wham/usage`
    expect((await session.fetch(usage)).status).toBe(200)
    emulator.expireAccessTokens(first.sessionId)
    expect((await session.fetch(usage)).status).toBe(200)
    expect(await command.calls()).toHaveLength(2)
  })
})

describe('a token command that fails', () => {
  it('is quoted with what it says, but not with what looks like a secret', async () => {
    const secret = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl'
    const error = await failing(`echo ${secret}; echo "  no vpn for ${secret}  " >&2; exit 3`)
    expect(error).toMatchObject({ code: 'ERR_TOKEN_SOURCE_FAILED', retryable: true })
    expect(error.summary).toMatch(/token\.sh` ended with 3: no vpn for \[redacted\]\.$/)
  })

  it.each([
    ['prints nothing', 'echo', /printed nothing/],
    ['prints two lines', 'echo one; echo two', /cannot stand in a header/],
    ['prints no UTF-8', String.raw`printf '\377'`, /did not print UTF-8/],
    ['prints without end', 'head -c 200000 /dev/zero', /printed too much/],
    ['ends by a signal', 'kill -TERM $$', /ended with SIGTERM/],
  ])('because it %s says so', async (_why, body, message) => {
    expect((await failing(body)).summary).toMatch(message)
  })

  it('because there is none says so', async () => {
    const missing = fromCommand({ command: join(await temporaryFolder(), 'missing') })
    expect((await caughtAuthError(missing.resolve())).summary).toMatch(/could not be started \(ENOENT\)/)
  })

  it('may succeed the next time', async () => {
    const body = '[ "$(wc -l < "$CALLS")" -gt 1 ] || exit 1; echo token'
    const { path } = await createTokenCommand(await temporaryFolder(), body)
    const source = fromCommand({ command: path })
    expect(await caughtCode(source.resolve())).toBe('ERR_TOKEN_SOURCE_FAILED')
    expect((await source.resolve())?.accessToken.reveal()).toBe('token')
  })

  it('because it hangs is killed with what it started, and both are reaped', async () => {
    const folder = await temporaryFolder()
    const pids = join(folder, 'pids')
    const error = await failing(`sleep 600 & echo $! $$ > '${pids}'; wait`, { timeoutMs: 300 })
    expect(error.summary).toMatch(/did not finish within 300 ms/)
    const started = (await readFile(pids, 'utf8')).trim().split(' ').map(Number)
    expect(started).toHaveLength(2)
    for (const pid of started) await expectGone(pid)
  })
})

describe('a token command that leaves something behind', () => {
  it('in a group of its own, which holds the output open, is not waited for beyond its time', async () => {
    const folder = await temporaryFolder()
    const pidFile = join(folder, 'pid')
    const script = `const child = require('child_process').spawn('sleep', ['600'], { detached: true, stdio: 'inherit' })
require('fs').writeFileSync(${JSON.stringify(pidFile)}, String(child.pid)); child.unref(); console.log('token')`
    const source = fromCommand({ command: process.execPath, args: ['--eval', script], timeoutMs: 1000 })
    const error = await caughtAuthError(source.resolve())
    const pid = Number(await readFile(pidFile, 'utf8'))
    expect(isRunning(pid)).toBe(true)
    process.kill(pid, 'SIGKILL')
    expect(error.summary).toMatch(/did not finish within 1000 ms/)
  })
})

describe('a token command that makes no sense', () => {
  it.each([
    { command: ' ' },
    { command: 'token', timeoutMs: 0 },
    { command: 'token', timeoutMs: Number.NaN },
    { command: 'token', refreshIntervalMs: -1 },
  ])('is refused at once: %j', async (options) => {
    expect(await caughtCode(() => fromCommand(options))).toBe('ERR_CONFIG_TOKEN_SOURCE')
  })
})

/** The init process reaps a grandchild in its own time. */
async function expectGone(pid: number): Promise<void> {
  for (let attempt = 0; attempt < 200 && isRunning(pid); attempt++) await wait(10)
  expect(isRunning(pid)).toBe(false)
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

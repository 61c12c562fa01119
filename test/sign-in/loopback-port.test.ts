import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { silentLogger, systemClock } from '../../src/core/index.js'
import { listenOnLoopback } from '../../src/sign-in/loopback-listener.js'
import { listenForCallback, type PortEffects } from '../../src/sign-in/loopback-port.js'
import { createFakeClock } from '../../src/testing/index.js'
import { caught, caughtAuthError } from '../support/caught.js'
import { createHurryingClock } from '../support/hurrying-clock.js'
import { foreignServer, isListening } from './loopback-client.js'

const quick = { clock: createHurryingClock(), logger: silentLogger }

/** Ports that fail as they are told, and what was done with them. */
function scriptedPorts(codes: Readonly<Record<number, string>>) {
  const done: string[] = []
  const effects: PortEffects = {
    listen: async (port) => {
      done.push(`listen ${port}`)
      if (codes[port] !== undefined) throw Object.assign(new Error('bind failed'), { code: codes[port] })
      const listener = await listenOnLoopback(0)
      onTestFinished(() => listener.close())
      return listener
    },
    askToCancel: async (port) => void done.push(`cancel ${port}`),
  }
  return { effects, done }
}

const tenTimes = (step: string) => Array.from({ length: 10 }, () => step)

describe('the port of the callback', () => {
  it('is 1455 when that is free', async () => {
    const { effects, done } = scriptedPorts({})
    await listenForCallback({ port: 1455, ...quick }, effects)
    expect(done).toEqual(['listen 1455'])
  })

  it('is 1457 when 1455 stays taken: its holder was asked once to give way, and nobody on 1457', async () => {
    const { effects, done } = scriptedPorts({ 1455: 'EADDRINUSE' })
    await listenForCallback({ port: 1455, ...quick }, effects)
    expect(done).toEqual(['listen 1455', 'cancel 1455', ...tenTimes('listen 1455').slice(1), 'listen 1457'])
  })

  it('is tried every 200 ms for two seconds', async () => {
    const clock = createHurryingClock()
    const { effects } = scriptedPorts({ 1455: 'EADDRINUSE' })
    const startMs = clock.now()
    await listenForCallback({ port: 1455, clock, logger: silentLogger }, effects)
    expect(clock.now() - startMs).toBe(1800)
  })

  it('is not asked for twice when both are taken: the error names both', async () => {
    const { effects, done } = scriptedPorts({ 1455: 'EADDRINUSE', 1457: 'EADDRINUSE' })
    const error = await caughtAuthError(listenForCallback({ port: 1455, ...quick }, effects))
    expect(error).toMatchObject({ code: 'ERR_SIGN_IN_PORT', summary: expect.stringMatching(/1455 .* 1457 /) })
    expect(done.filter((step) => step === 'listen 1457')).toHaveLength(10)
    expect(done.filter((step) => step.startsWith('cancel'))).toEqual(['cancel 1455'])
  })

  it('that somebody chose is never another one', async () => {
    const { effects, done } = scriptedPorts({ 8123: 'EADDRINUSE' })
    const error = await caughtAuthError(listenForCallback({ port: 8123, ...quick }, effects))
    expect(error).toMatchObject({ code: 'ERR_SIGN_IN_PORT', summary: expect.stringContaining('8123') })
    expect(new Set(done)).toEqual(new Set(['listen 8123', 'cancel 8123']))
  })

  it('that the system reserves is said to be reserved, without a wait', async () => {
    const { effects, done } = scriptedPorts({ 80: 'EACCES' })
    const error = await caughtAuthError(listenForCallback({ port: 80, ...quick }, effects))
    expect(error).toMatchObject({ code: 'ERR_SIGN_IN_PORT', summary: expect.stringContaining('reserves port 80') })
    expect(done).toEqual(['listen 80'])
  })

  it('is 1457 when the system reserves 1455', async () => {
    const { effects, done } = scriptedPorts({ 1455: 'EACCES' })
    await listenForCallback({ port: 1455, ...quick }, effects)
    expect(done).toEqual(['listen 1455', 'listen 1457'])
  })

  it('fails at once for any other reason, and says which', async () => {
    const { effects, done } = scriptedPorts({ 1455: 'EMFILE' })
    const error = await caughtAuthError(listenForCallback({ port: 1455, ...quick }, effects))
    expect(error).toMatchObject({ code: 'ERR_SIGN_IN_PORT', summary: expect.stringContaining('EMFILE') })
    expect(done).toEqual(['listen 1455'])
  })

  it('is not waited for any longer than the sign-in is wanted', async () => {
    const { port } = await foreignServer()
    const controller = new AbortController()
    const { signal } = controller
    const listening = caught(listenForCallback({ port, clock: createFakeClock(), logger: silentLogger, signal }))
    const reason = new Error('nobody wants it')
    controller.abort(reason)
    expect(await listening).toBe(reason)
  })
})

describe('the program that holds the port', () => {
  it('hears one GET /cancel, to the letter as the Codex client sends it', async () => {
    const holder = await foreignServer()
    await caughtAuthError(listenForCallback({ port: holder.port, ...quick }))
    const { port } = holder
    expect(holder.heard).toEqual([`GET /cancel HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`])
  })

  it('may talk without an end, and is not listened to', async () => {
    const holder = await foreignServer({ answer: 'x'.repeat(5_000_000) })
    expect(await caughtAuthError(listenForCallback({ port: holder.port, ...quick }))).toMatchObject({
      code: 'ERR_SIGN_IN_PORT',
    })
  })

  it('may be silent, and is waited for two seconds', async () => {
    const holder = await foreignServer({ answer: '' })
    const silent = await listenOnLoopback(0)
    onTestFinished(() => silent.close())
    const startMs = performance.now()
    await caughtAuthError(listenForCallback({ port: silent.port, ...quick }))
    expect(performance.now() - startMs).toBeLessThan(4000)
    expect(holder.heard).toEqual([])
  })

  it('may give it up, and the port is ours', async () => {
    const holder = await foreignServer()
    const listening = listenForCallback({ port: holder.port, clock: systemClock, logger: silentLogger })
    await holder.close()
    const listener = await listening
    expect(listener.port).toBe(holder.port)
    await listener.close()
    expect(await isListening(holder.port)).toBe(false)
  })

  it.runIf(process.platform === 'linux')('is named, and whether somebody suspended it', async () => {
    const program = `require('net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })`
    const child = spawn(process.execPath, ['-e', program])
    onTestFinished(() => void child.kill('SIGKILL'))
    const [port] = await once(child.stdout.setEncoding('utf8'), 'data')
    child.kill('SIGSTOP')
    const error = await caughtAuthError(listenForCallback({ port: Number(port), ...quick }))
    expect(error.summary).toMatch(new RegExp(`held by \\S+ \\(process ${child.pid}, which is suspended\\)`))
    expect(error.advice).not.toContain('lsof')
  })
})

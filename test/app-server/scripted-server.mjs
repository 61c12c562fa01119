// A child in the place of an app server. `SCRIPT` names what it does besides answering `initialize`; it ends with its input, as the real one.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)

const scripts = {
  /** Tells what it was started with. */
  report: () =>
    say({ method: 'report', params: { environment: process.env, args: process.argv.slice(2), cwd: process.cwd() } }),
  /** Does not go when it is asked to. */
  stubborn: () => {
    process.on('SIGTERM', () => {})
    setInterval(() => {}, 1000)
  },
  /** Leaves a child of its own behind, which has its pipes, is deaf, and calls the test. */
  parent: () => {
    const deaf = `process.on('SIGTERM', () => {}); require('node:net').connect(${process.env.PORT}, '127.0.0.1')`
    spawn(process.execPath, ['-e', deaf], { stdio: 'inherit' })
    setInterval(() => {}, 1000)
  },
  /** The same, but goes as soon as the test has said so to what it leaves behind. */
  leaver: () => {
    const deaf = `process.on('SIGTERM', () => {}); require('node:net').connect(${process.env.PORT}, '127.0.0.1')
      .once('data', () => process.kill(process.ppid, 'SIGUSR2'))`
    spawn(process.execPath, ['-e', deaf], { stdio: 'inherit' })
    process.once('SIGUSR2', () => process.exit(7))
  },
  /** Prints more than any message may have. */
  flood: () => process.stdout.write('x'.repeat(5000)),
  /** Prints what is no message, and then goes on. */
  chatter: () => {
    process.stdout.write('Welcome to the server!\n\n{"half": \n')
    say({ method: 'report', params: {} })
  },
  /** Says a lot, a secret among it, and dies. */
  die: () => {
    for (let line = 1; line <= 30; line++) process.stderr.write(`\u001b[31mline ${line}\u001b[0m\n`)
    process.stderr.write('Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl\n', () =>
      process.exit(3),
    )
  },
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { id, method } = JSON.parse(line)
    if (method === 'initialize')
      say({ id, result: { userAgent: 'scripted', codexHome: '/', platformFamily: 'unix', platformOs: 'linux' } })
    if (method === 'initialized') scripts[process.env.SCRIPT]?.()
  })
  .on('close', () => {
    if (process.env.SCRIPT !== 'stubborn' && process.env.SCRIPT !== 'parent') process.exit(0)
  })

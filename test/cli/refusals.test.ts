import { describe, expect, it } from 'vitest'
import { run } from '../../src/cli/run.js'
import { createFakeHost } from '../support/fake-host.js'

/** Nothing listens there, and nothing may be asked: each of these is refused before any connection. */
const environment = {
  PLANPASS_HOME: '/nowhere/planpass',
  PLANPASS_ISSUER: 'http://127.0.0.1:9',
  PLANPASS_BACKEND_URL: 'http://127.0.0.1:9/backend-api',
}

async function runWith(argv: readonly string[], more: Record<string, string> = {}) {
  const host = createFakeHost({ environment: { ...environment, ...more } })
  const exitCode = await run(argv, host)
  return { exitCode, stdout: host.transcript.stdout, stderr: host.transcript.stderr }
}

const deviceLogin = ['login', '--device']

const refused: readonly { argv: readonly string[]; says: string; code: string; env?: Record<string, string> }[] = [
  { argv: ['sing-in'], says: 'There is no command `sing-in`.', code: 'ERR_CONFIG_USAGE' },
  { argv: ['constructor'], says: 'There is no command `constructor`.', code: 'ERR_CONFIG_USAGE' },
  { argv: ['status', '--verbose'], says: "Unknown option '--verbose'.", code: 'ERR_CONFIG_USAGE' },
  { argv: ['status', 'now'], says: '`planpass status` takes no arguments.', code: 'ERR_CONFIG_USAGE' },
  { argv: ['ask', 'hi', '--model'], says: "Option '--model <value>' argument missing.", code: 'ERR_CONFIG_USAGE' },
  { argv: ['status', '--json=yes'], says: "Option '--json' does not take an argument.", code: 'ERR_CONFIG_USAGE' },
  {
    argv: ['status', '--profile', '../other'],
    says: 'The profile name is not a plain word.',
    code: 'ERR_CONFIG_USAGE',
  },
  { argv: ['ask'], says: 'There is nothing to ask.', code: 'ERR_CONFIG_USAGE' },
  { argv: ['emulator', '--port', 'http'], says: '--port is not a port number.', code: 'ERR_CONFIG_USAGE' },
  { argv: ['emulator', '--port', '65536'], says: '--port is not a port number.', code: 'ERR_CONFIG_USAGE' },
  {
    argv: [...deviceLogin, '--issuer', 'ftp://auth.test'],
    says: '--issuer does not use https.',
    code: 'ERR_CONFIG_URL',
  },
  {
    argv: [...deviceLogin, '--issuer', 'http://auth.test'],
    says: '--issuer does not use https.',
    code: 'ERR_CONFIG_URL',
  },
  { argv: [...deviceLogin, '--issuer', 'auth.test'], says: '--issuer is not a URL.', code: 'ERR_CONFIG_URL' },
  {
    argv: [...deviceLogin, '--issuer', 'https://me:secret@auth.test'],
    says: '--issuer carries credentials, a query or a fragment.',
    code: 'ERR_CONFIG_URL',
  },
  {
    argv: ['models', '--backend-url', 'http://chatgpt.test/backend-api'],
    says: '--backend-url does not use https.',
    code: 'ERR_CONFIG_URL',
  },
  {
    argv: deviceLogin,
    env: { PLANPASS_ISSUER: 'http://auth.test' },
    says: 'PLANPASS_ISSUER does not use https.',
    code: 'ERR_CONFIG_URL',
  },
  {
    argv: ['usage'],
    env: { PLANPASS_BACKEND_URL: 'https://chatgpt.test/?a=b' },
    says: 'PLANPASS_BACKEND_URL carries credentials, a query or a fragment.',
    code: 'ERR_CONFIG_URL',
  },
  {
    argv: [...deviceLogin, '--client-name', 'codex_cli_rs'],
    says: 'The client name "codex_cli_rs" belongs to another product.',
    code: 'ERR_CONFIG_CLIENT_NAME',
  },
  {
    argv: [...deviceLogin, '--client-name', 'naïve'],
    says: 'The client name or its version is empty or cannot stand in a header.',
    code: 'ERR_CONFIG_CLIENT_NAME',
  },
  {
    argv: deviceLogin,
    env: { CODEX_CA_CERTIFICATE: '/nowhere/ca.pem' },
    says: 'The file named by CODEX_CA_CERTIFICATE (/nowhere/ca.pem) cannot be read.',
    code: 'ERR_CONFIG_CA_BUNDLE',
  },
]

describe('a command line that cannot be meant', () => {
  it.each(refused)('is refused with 2 and a remedy: $argv $env', async ({ argv, env, says, code }) => {
    const { exitCode, stdout, stderr } = await runWith(argv, env)
    expect(exitCode).toBe(2)
    expect(stdout).toBe('')
    const [what, remedy, ...more] = stderr.trimEnd().split('\n')
    expect(what).toContain(`planpass: ${says}`)
    expect(remedy).toMatch(/^[A-Z`].*\. \(ERR_CONFIG_[A-Z_]+\)$/)
    expect(remedy).toContain(`(${code})`)
    expect(more).toEqual([])
  })

  it.each([
    { argv: ['status', '--json', '--verbose'] },
    { argv: ['status', '--json', '--issuer', 'ftp://auth.test'] },
    { argv: ['models', '--json', 'now'] },
  ])('is refused in JSON when JSON was asked for: $argv', async ({ argv }) => {
    const { exitCode, stdout } = await runWith(argv)
    expect(exitCode).toBe(2)
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: expect.stringMatching(/^ERR_CONFIG_/),
        message: expect.any(String),
        remedy: 'fix-configuration',
      },
    })
  })

  it.each([
    { argv: ['login', '--json', '--storage', 'cloud'], code: 'ERR_CONFIG_USAGE' },
    { argv: ['login', '--json', '--verbose'], code: 'ERR_CONFIG_USAGE' },
    { argv: ['login', '--device', '--json', '--issuer', 'ftp://auth.test'], code: 'ERR_CONFIG_URL' },
  ])('is refused with an event when events were asked for: $argv', async ({ argv, code }) => {
    const { exitCode, stdout } = await runWith(argv)
    expect(exitCode).toBe(2)
    expect(JSON.parse(stdout)).toEqual({ event: 'failed', code, message: expect.any(String) })
  })

  it('does not show the credentials of a URL again', async () => {
    const { stderr } = await runWith([...deviceLogin, '--issuer', 'https://me:hunter2@auth.test'])
    expect(stderr).not.toContain('hunter2')
  })

  it('has no home folder', async () => {
    const host = createFakeHost({ environment: {} })
    expect(await run(['status'], host)).toBe(2)
    expect(host.transcript.stderr).toContain('Set PLANPASS_HOME to a folder.')
  })

  it('is empty: the help, and 2', async () => {
    const { exitCode, stdout, stderr } = await runWith([])
    expect(exitCode).toBe(2)
    expect(stdout).toContain('Usage: planpass <command>')
    expect(stderr).toBe('')
  })
})

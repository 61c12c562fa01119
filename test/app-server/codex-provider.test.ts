import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'smol-toml'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createCodexProviderFlags, serveCodexAuth } from '../../src/app-server/index.js'
import { fromSession, type ExternalAuth } from '../../src/core/external.js'
import { AuthError } from '../../src/core/index.js'
import { signedIn } from '../support/signed-in.js'

describe('the flags of a provider', () => {
  it('name it, where requests go, and the command that is asked after a 401 and at no other time', () => {
    const flags = createCodexProviderFlags({
      auth: { command: '/usr/bin/node', args: ['-e', 'say("hi")\n// ä'], timeoutMs: 700 },
      baseUrl: 'https://corp.example/v1',
      id: 'corp',
      name: 'Corp "inc" \u007f',
      headers: { 'ChatGPT-Account-ID': 'account-1' },
    })
    expect(flags.filter((_flag, index) => index % 2 === 0)).toEqual(['-c', '-c'])
    expect(parse([flags[1], flags[3]].join('\n'))).toEqual({
      model_provider: 'corp',
      model_providers: {
        corp: {
          name: 'Corp "inc" \u007f',
          base_url: 'https://corp.example/v1',
          wire_api: 'responses',
          http_headers: { 'ChatGPT-Account-ID': 'account-1' },
          auth: { command: '/usr/bin/node', args: ['-e', 'say("hi")\n// ä'], timeout_ms: 700, refresh_interval_ms: 0 },
        },
      },
    })
  })
})

/** The server, and the command as Codex would run it: all runs have this process for a parent. */
async function serve(auth: ExternalAuth) {
  const server = await serveCodexAuth({ auth })
  onTestFinished(() => server.close())
  const { command, args } = server.command
  const run = async () => {
    const { stdout, stderr } = await promisify(execFile)(command, args, { env: {} }).catch(
      (error: unknown) => error as { stdout: string; stderr: string },
    )
    return stdout || `failed: ${stderr}`
  }
  return { server, run }
}

describe('the command of a served credential', () => {
  it('prints the token, and another when the same process asks again', async () => {
    const { session, credential, emulator } = await signedIn({ reuse: 'strict' })
    const { run } = await serve(fromSession(session))
    expect(await run()).toBe(credential.accessToken.reveal())
    const second = await run()
    expect(second).toBe((await session.accessToken()).reveal())
    expect(second).not.toBe(credential.accessToken.reveal())
    expect(emulator.counters.refresh.ok).toBe(1)
  })

  it('spends nothing for a process whose token was renewed for another one meanwhile', async () => {
    const { session, emulator } = await signedIn({ reuse: 'strict' })
    const { run } = await serve(fromSession(session))
    await run()
    const { accessToken } = await session.refresh()
    expect(await run()).toBe(accessToken.reveal())
    expect(emulator.counters.refresh.ok).toBe(1)
  })

  it('says on its standard error why there is no token, and nothing of what failed beneath', async () => {
    const dead = await serve({
      refresh: async () => {
        throw new AuthError('ERR_TOKEN_REFRESH_REVOKED', 'The sign-in was revoked.')
      },
    })
    expect(await dead.run()).toBe('failed: The sign-in was revoked.')
    const broken = await serve({
      refresh: async () => {
        throw new Error('rt_secret')
      },
    })
    expect(await broken.run()).toBe('failed: The host could not give a token.')
  })

  it('holds no token itself, and stops with its server, which only its owner can reach', async () => {
    const { session, credential } = await signedIn()
    const { server, run } = await serve(fromSession(session))
    const { args } = server.command
    expect(args.join()).not.toContain(credential.accessToken.reveal())
    const folder = dirname(args.at(-1) ?? '')
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    await server.close()
    expect(await run()).toBe('failed: ENOENT')
    await expect(stat(folder)).rejects.toThrow('ENOENT')
  })
})

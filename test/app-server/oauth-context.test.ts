import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { toChildEnvironment } from '../../src/app-server/child-environment.js'
import { readCodexConfig } from '../../src/app-server/codex-config.js'
import { resolveOAuthContext } from '../../src/app-server/oauth-context.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { temporaryFolder } from '../support/temporary-folder.js'

async function homeWith(config: string): Promise<string> {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'config.toml'), config)
  return folder
}

describe('what is resolved for a child', () => {
  it('comes from its own variables and folder, and from none of ours', async () => {
    vi.stubEnv('CODEX_HOME', '/somewhere/else')
    vi.stubEnv('CODEX_APP_SERVER_LOGIN_ISSUER', 'https://elsewhere.example')
    const home = await homeWith('cli_auth_credentials_store = "keyring"\n')
    const environment = { CODEX_HOME: home, CODEX_APP_SERVER_LOGIN_ISSUER: 'https://issuer.example' }
    const context = await resolveOAuthContext(environment, '/')
    expect(context).toMatchObject({ codexHome: home, credentialsStore: 'keyring', restrictions: {} })
    expect(context.provider.issuer).toBe('https://issuer.example')
    vi.unstubAllEnvs()
  })

  it('has the home that its variables name, seen from its folder', async () => {
    const folder = await temporaryFolder()
    expect((await resolveOAuthContext({ CODEX_HOME: 'state' }, folder)).codexHome).toBe(join(folder, 'state'))
    expect((await resolveOAuthContext({ CODEX_HOME: '', HOME: folder }, '/')).codexHome).toBe(join(folder, '.codex'))
    expect((await resolveOAuthContext({}, folder)).codexHome).toBeUndefined()
  })

  it('trusts the certificate authorities of the child, and says which variable names a bad file', async () => {
    const environment = { CODEX_HOME: await temporaryFolder(), CODEX_CA_CERTIFICATE: '/nowhere/ca.pem' }
    const error = await caughtAuthError(resolveOAuthContext(environment, '/'))
    expect(error).toMatchObject({ code: 'ERR_CONFIG_CA_BUNDLE', message: expect.stringContaining('/nowhere/ca.pem') })
  })

  it('signs in with no issuer that is neither https nor on this machine', async () => {
    const environment = { CODEX_HOME: await temporaryFolder(), CODEX_APP_SERVER_LOGIN_ISSUER: 'http://issuer.example' }
    expect(await caughtCode(resolveOAuthContext(environment, '/'))).toBe('ERR_CONFIG_URL')
  })

  it('takes nothing from the configuration of the folder it works in', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, '.codex'))
    const project =
      'cli_auth_credentials_store = "ephemeral"\nforced_login_method = "api"\nauth_issuer = "https://x.example"\n'
    for (const path of ['.codex/config.toml', 'config.toml']) await writeFile(join(folder, path), project)
    const home = await homeWith(`[projects."${folder}"]\ntrust_level = "trusted"\n`)
    const context = await resolveOAuthContext({ CODEX_HOME: home }, folder)
    expect(context).toMatchObject({ credentialsStore: 'file', restrictions: {} })
    expect(context.provider.issuer).toBe('https://auth.openai.com')
  })
})

describe('the configuration of Codex', () => {
  it("is the person's over the system's", async () => {
    const system = await homeWith('cli_auth_credentials_store = "keyring"\nforced_login_method = "chatgpt"\n')
    const person = await homeWith('cli_auth_credentials_store = "auto"\nforced_chatgpt_workspace_id = ["a", "b"]\n')
    expect(await readCodexConfig(person, system)).toEqual({
      credentialsStore: 'auto',
      restrictions: { forcedLoginMethod: 'chatgpt', forcedChatgptWorkspaceId: ['a', 'b'] },
    })
  })

  it('may be absent', async () => {
    expect(await readCodexConfig('/nowhere', '/nowhere')).toEqual({ credentialsStore: 'file', restrictions: {} })
  })

  it.each([
    ['nonsense =', 'is not valid TOML'],
    ['cli_auth_credentials_store = "cloud"', 'cli_auth_credentials_store'],
    ['forced_login_method = 7', 'forced_login_method'],
    ['forced_chatgpt_workspace_id = [1]', 'forced_chatgpt_workspace_id'],
  ])('is not guessed where it cannot be read: %s', async (config, said) => {
    const error = await caughtAuthError(readCodexConfig(await homeWith(`${config}\n# secret-canary`), '/nowhere'))
    expect(error.code).toBe('ERR_CONFIG_USAGE')
    expect(error.message).toContain(said)
    expect(error.message).not.toContain('canary')
  })
})

describe('the environment of a child', () => {
  const keys = { CODEX_API_KEY: 'sk-1', CODEX_ACCESS_TOKEN: 'at-1', OPENAI_API_KEY: 'sk-2' }

  it('holds no key that would win over our sign-in', () => {
    expect(toChildEnvironment({ ...keys, PATH: '/bin' }, true)).toEqual({ PATH: '/bin' })
    expect(toChildEnvironment({ ...keys, PATH: '/bin' }, false)).toEqual({ ...keys, PATH: '/bin' })
  })

  it('leaves out what is undefined and keeps what is empty', () => {
    expect(toChildEnvironment({ A: undefined, B: '' }, false)).toEqual({ B: '' })
  })
})

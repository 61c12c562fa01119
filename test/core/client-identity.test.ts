import { describe, expect, it } from 'vitest'
import { createClientIdentity, packageVersion } from '../../src/core/index.js'
import { readJson } from '../packaging/manifest.js'
import { caughtAuthError } from '../support/caught.js'

describe('createClientIdentity', () => {
  it('is planpass when nobody says otherwise', () => {
    const userAgent = `planpass/${packageVersion}`
    expect(createClientIdentity()).toEqual({ originator: 'planpass', userAgent })
  })

  it('is of the version of the package', async () => {
    const { version } = await readJson<{ version: string }>('package.json')
    expect(packageVersion).toBe(version)
  })

  it('names the host program first and planpass after it', () => {
    expect(createClientIdentity('my editor', '2.1')).toEqual({
      originator: 'my editor',
      userAgent: `my-editor/2.1 planpass/${packageVersion}`,
    })
  })

  it.each([
    'codex_cli_rs',
    'codex-tui',
    'codex_vscode',
    'codex_exec',
    'CODEX_CLI_RS',
    'codex',
    'Codex',
    'Codex Desktop',
    'codex desktop',
    'CODEX CLI',
    'codex.next',
    'codex_atlas',
    'codex_chatgpt_desktop',
    'ChatGPT',
    'chatgpt-desktop',
    'OpenAI',
    'openai-node',
  ])('refuses to go by the name %s', async (name) => {
    const error = await caughtAuthError(() => createClientIdentity(name))
    expect(error.code).toBe('ERR_CONFIG_CLIENT_NAME')
    expect(error.message).toContain('belongs to another product')
  })

  it.each(['codexplorer', 'my-codex', 'open ai'])('lets %s through, which is nobody else', (name) => {
    expect(createClientIdentity(name, '1').originator).toBe(name)
  })

  it.each(['', ' ', ' x', 'x ', 'a\nb', 'a\r\nx-evil: 1', 'naïve', 'a/b', 'a\0'])(
    'refuses %j, which cannot stand in a header',
    async (name) => {
      expect((await caughtAuthError(() => createClientIdentity(name))).code).toBe('ERR_CONFIG_CLIENT_NAME')
    },
  )

  it.each(['', '1\n2', 'ü', '1 2'])('refuses the version %j', async (version) => {
    expect((await caughtAuthError(() => createClientIdentity('x', version))).code).toBe('ERR_CONFIG_CLIENT_NAME')
  })
})

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { OAuthContext } from '../../src/app-server/oauth-context.js'
import type { SignIn, StoredOAuth } from '../../src/app-server/index.js'
import { ensureStoredSignIn } from '../../src/app-server/stored-sign-in.js'
import type { ChatgptCredential } from '../../src/core/index.js'
import { authTextFrom, signedIn, untilExpiredMs } from '../support/signed-in.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { temporaryFolder } from '../support/temporary-folder.js'

/** A home that does not exist yet, and a person who signs in at once. */
async function createLab(config: Partial<OAuthContext> = {}) {
  const { clock, emulator, provider, credential } = await signedIn()
  const codexHome = join(await temporaryFolder(), 'home')
  const file = join(codexHome, 'auth.json')
  let signIns = 0
  const signIn: SignIn = async ({ store }) => {
    signIns += 1
    await store.update(async () => ({ write: credential satisfies ChatgptCredential, result: undefined }))
  }
  const context: OAuthContext = {
    codexHome,
    provider,
    fetch: emulator.fetch,
    credentialsStore: 'file',
    restrictions: {},
    ...config,
  }
  const ensure = (oauth: StoredOAuth) => ensureStoredSignIn({ context, oauth, clock })
  return { clock, emulator, file, signIn, ensure, counts: () => signIns }
}

describe('the sign-in in the home of a child', () => {
  it('is made where there was no home, and used from then on', async () => {
    const { file, signIn, ensure, counts } = await createLab()
    expect(await ensure({ storage: 'file', signIn })).toBe('file')
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ auth_mode: 'chatgpt' })
    expect(await ensure({ signIn })).toBe('file')
    expect(counts()).toBe(1)
  })

  it('is good enough when it can be refreshed, and made anew when it cannot', async () => {
    const { clock, emulator, file, signIn, ensure, counts } = await createLab()
    await ensure({ signIn })
    await writeFile(file, await authTextFrom(emulator))
    await clock.advance(untilExpiredMs)
    await ensure({ signIn })
    expect(counts()).toBe(1)
    const stored = JSON.parse(await readFile(file, 'utf8')) as { tokens: Record<string, unknown> }
    stored.tokens['refresh_token'] = ''
    await writeFile(file, JSON.stringify(stored))
    await ensure({ signIn })
    expect(counts()).toBe(2)
  })

  it('does not replace an API key', async () => {
    const { file, signIn, ensure } = await createLab()
    await ensure({ signIn })
    const key = JSON.stringify({ auth_mode: 'apikey', OPENAI_API_KEY: 'sk-canary' })
    await writeFile(file, key)
    const error = await caughtAuthError(ensure({ signIn }))
    expect(error.code).toBe('ERR_TOKEN_UNSUPPORTED_MODE')
    expect(error.message).not.toContain('canary')
    expect(await readFile(file, 'utf8')).toBe(key)
  })

  it('is not taken for one when the host stored none', async () => {
    const { ensure } = await createLab()
    expect(await caughtCode(ensure({ signIn: async () => 'done' }))).toBe('ERR_SIGN_IN_FAILED')
  })

  it('is not looked for where the configuration keeps none', async () => {
    const { signIn, ensure } = await createLab({ credentialsStore: 'ephemeral' })
    expect(await caughtCode(ensure({ signIn }))).toBe('ERR_CONFIG_USAGE')
    expect(await ensure({ storage: 'file', signIn })).toBe('file')
  })

  it('has to have a home', async () => {
    const { signIn, ensure } = await createLab({ codexHome: undefined })
    expect(await caughtCode(ensure({ signIn }))).toBe('ERR_CONFIG_USAGE')
  })

  it('is refused where the configuration wants a key', async () => {
    const { signIn, ensure } = await createLab({ restrictions: { forcedLoginMethod: 'api' } })
    expect(await caughtCode(ensure({ signIn }))).toBe('ERR_SIGN_IN_NOT_ALLOWED')
  })
})

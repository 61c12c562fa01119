import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Secret, type CredentialStore } from '../../src/core/index.js'
import { createProfileStore } from '../../src/stores/profile-store.js'
import { authText } from '../support/auth-document.js'
import { caughtAuthError } from '../support/caught.js'
import { parseChatgpt } from '../support/signed-in.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const credential = parseChatgpt(authText())

const write = (store: CredentialStore) => store.update(async () => ({ write: credential, result: undefined }))

describe('the store of a profile', () => {
  it('is a file unless something else was chosen', async () => {
    const folder = await temporaryFolder()
    const store = createProfileStore({ folder, storage: { storage: 'file' } })
    expect(store).toMatchObject({ kind: 'file' })
    expect(store.describe()).toBe(join(folder, 'auth.json'))
  })

  it('keeps no token in the clear when it is encrypted with a passphrase', async () => {
    const folder = await temporaryFolder()
    const passphrase = new Secret('correct horse battery staple')
    const place = { folder, storage: { storage: 'encrypted-file:passphrase' }, passphrase } as const
    await write(createProfileStore(place))
    const read = await createProfileStore(place).read()
    expect(read).toMatchObject({ mode: 'chatgpt', accountId: credential.accountId })
    const texts = await Promise.all(
      (await readdir(folder)).map(async (name) => readFile(join(folder, name), 'utf8').catch(() => '')),
    )
    expect(texts.join('\n')).not.toContain(credential.accessToken.reveal())
  })

  it('asks for the passphrase by the name of its variable', async () => {
    const folder = await temporaryFolder()
    const store = createProfileStore({ folder, storage: { storage: 'encrypted-file:passphrase' } })
    const error = await caughtAuthError(store.read())
    expect(error.code).toBe('ERR_STORE_DECRYPT')
    expect(error.advice).toContain('PLANPASS_PASSPHRASE')
  })

  it("is the Codex CLI's own file when that is to be shared", async () => {
    const [folder, codexHome] = [await temporaryFolder(), await temporaryFolder()]
    const store = createProfileStore({ folder, storage: { storage: 'codex', codexHome } })
    expect(store.describe()).toBe(join(codexHome, 'auth.json'))
    await write(store)
    expect(await readdir(codexHome)).toContain('auth.json')
    expect(await store.revision?.()).toBeTypeOf('string')
  })
})

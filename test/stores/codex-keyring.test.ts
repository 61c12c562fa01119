import { createHash } from 'node:crypto'
import { mkdir, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Secret, type Change, type Credential } from '../../src/core/index.js'
import { codexKeyringAccount } from '../../src/stores/codex-keyring.js'
import { createCodexStore } from '../../src/stores/codex.js'
import { credentialStoreConformance } from '../../src/testing/index.js'
import { authText, startMs, withTokens } from '../support/auth-document.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { createFakeKeyring, never, sayings } from '../support/fake-keyring.js'
import { parseChatgpt } from '../support/signed-in.js'
import { temporaryFolder } from '../support/temporary-folder.js'

async function sharedKeyring(text?: string) {
  const codexHome = join(await temporaryFolder(), '.codex')
  await mkdir(codexHome)
  const keyring = createFakeKeyring()
  const name = `Codex Auth/${await codexKeyringAccount(codexHome)}`
  const plant = async (next: string) => void keyring.entries.set(name, next)
  if (text !== undefined) await plant(text)
  const open = () => createCodexStore({ codexHome, mode: 'keyring', yieldMs: 0, keyring, keyringTimeoutMs: 500 })
  return { codexHome, keyring, name, plant, open, store: open(), text: () => keyring.entries.get(name) }
}

const intent = { tokenFingerprint: '0123456789abcdef', reason: 'forced', atMs: startMs }

/** A rotation; `meanwhile` happens between the answer and the write. */
async function rotate({ store }: Awaited<ReturnType<typeof sharedKeyring>>, meanwhile = async () => {}) {
  await store.update(async (current: Credential | undefined, context): Promise<Change<void>> => {
    if (current?.mode !== 'chatgpt') throw new Error('The test needs a ChatGPT credential.')
    await context.announce(intent)
    await meanwhile()
    const next = { ...current, refreshToken: new Secret('rotated'), lastRefreshMs: startMs + 1000 }
    return { write: next, result: undefined }
  })
}

describe('the entry of the Codex CLI', () => {
  it('has the account that the CLI gives it', async () => {
    expect(await codexKeyringAccount('~/.codex')).toBe('cli|940db7b1d0e4eb40')
  })

  it('is that of the folder a link leads to', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'real'))
    await symlink('real', join(folder, 'link'))
    const digest = createHash('sha256').update(join(folder, 'real')).digest('hex')
    expect(await codexKeyringAccount(join(folder, 'link'))).toBe(`cli|${digest.slice(0, 16)}`)
  })
})

describe('the codex store over the keyring', () => {
  it.each(credentialStoreConformance)('$name', ({ run }) =>
    expect(
      run(async () => {
        const { store, open, plant } = await sharedKeyring()
        return { store, reopen: async () => open(), plant, dispose: async () => {} }
      }),
    ).resolves.toBeUndefined(),
  )

  it('writes one line, as the CLI does, and no token into the folder', async () => {
    const lab = await sharedKeyring()
    const credential = parseChatgpt(authText())
    await lab.store.update(async () => ({ write: credential, result: undefined }))
    expect(JSON.parse(lab.text() ?? '')).toEqual(JSON.parse(authText()))
    expect(lab.text()).not.toContain('\n')
    expect((await readdir(lab.codexHome)).toSorted()).toEqual([
      'auth.json.lock',
      'auth.json.planpass-lock',
      'auth.lock',
    ])
  })

  it('replaces tokens and time, and keeps every other byte as it was', async () => {
    const odd = JSON.stringify(JSON.parse(authText())).replace('{', '{"n":1.0, "\\u0061":[1e3],')
    const lab = await sharedKeyring(odd)
    await rotate(lab)
    expect(lab.text()).toBe(
      odd
        .replace('refresh-token-of-ada', 'rotated')
        .replace(/"last_refresh":"[^"]+"/, '"last_refresh":"2026-01-01T00:00:01.000Z"'),
    )
  })

  it('gives way to what the CLI stored while planpass was refreshing', async () => {
    const theirs = JSON.stringify({ ...withTokens({ refresh_token: 'theirs' }), last_refresh: '2026-01-01T00:00:00Z' })
    const lab = await sharedKeyring(authText())
    await rotate(lab, () => lab.plant(theirs))
    expect(lab.text()).toBe(theirs)
  })

  it('reports damage, and makes no copy of it in clear text', async () => {
    const lab = await sharedKeyring(authText().slice(0, 100))
    const error = await caughtAuthError(lab.store.read())
    expect(error).toMatchObject({ code: 'ERR_STORE_CORRUPT', message: expect.stringContaining('keyring') })
    expect(await caughtCode(rotate(lab))).toBe('ERR_STORE_CORRUPT')
    expect((await readdir(lab.codexHome)).filter((name) => name.includes('corrupt'))).toEqual([])
  })

  it('spends nothing when the keyring is locked or silent', async () => {
    const lab = await sharedKeyring(authText())
    lab.keyring.misbehave({ getPassword: () => Promise.reject(new Error(sayings.dismissed)) })
    expect(await caughtCode(rotate(lab))).toBe('ERR_STORE_KEYRING_LOCKED')
    lab.keyring.misbehave({ getPassword: never })
    expect(await caughtCode(rotate(lab))).toBe('ERR_STORE_KEYRING_TIMEOUT')
    expect(lab.text()).toBe(authText())
  })

  it('says where it is', async () => {
    const { store, codexHome } = await sharedKeyring()
    expect(store.describe()).toBe(`the keyring entry "Codex Auth" of ${codexHome}, shared with the Codex CLI`)
  })
})

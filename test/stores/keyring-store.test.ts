import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Secret, type CredentialStore } from '../../src/core/index.js'
import { createEncryptedFileStore, createSourceKey } from '../../src/stores/encrypted-file.js'
import { createKeyringKeySource, createKeyringStore } from '../../src/stores/keyring.js'
import { createFakeClock } from '../../src/testing/index.js'
import { authText } from '../support/auth-document.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { createFakeKeyring, never, sayings, type FakeKeyring } from '../support/fake-keyring.js'
import { parseChatgpt } from '../support/signed-in.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const place = { service: 'planpass-test', account: 'default' }
const credential = parseChatgpt(authText())

async function opened(keyring: FakeKeyring, more: { timeoutMs?: number; folder?: string } = {}) {
  return createKeyringStore({ ...place, folder: await temporaryFolder(), keyring, ...more })
}

const write = (store: CredentialStore) => store.update(async () => ({ write: credential, result: undefined }))
const remove = (store: CredentialStore) => store.update(async () => ({ remove: true, result: undefined }))
const fails = (message: string) => () => Promise.reject(new Error(message))

describe('a keyring that cannot be used', () => {
  it.each([
    ['noBus', 'ERR_STORE_KEYRING_UNAVAILABLE', 'no D-Bus session'],
    ['noService', 'ERR_STORE_KEYRING_UNAVAILABLE', 'no Secret Service'],
    ['noCollection', 'ERR_STORE_KEYRING_UNAVAILABLE', 'no Secret Service'],
    ['dismissed', 'ERR_STORE_KEYRING_LOCKED', 'is locked'],
    ['noInteraction', 'ERR_STORE_KEYRING_LOCKED', 'is locked'],
    ['noReply', 'ERR_STORE_KEYRING_TIMEOUT', 'does not answer'],
  ] as const)('is named for its cause: %s', async (saying, code, words) => {
    const keyring = createFakeKeyring()
    keyring.misbehave({ getPassword: fails(sayings[saying]), setPassword: fails(sayings[saying]) })
    const store = await opened(keyring)
    for (const attempt of [store.read(), write(store)]) {
      expect(await caughtAuthError(attempt)).toMatchObject({ code, message: expect.stringContaining(words) })
    }
  })

  it('is not named at all when nobody knows the cause, and still stops everything', async () => {
    const keyring = createFakeKeyring()
    keyring.misbehave({ setPassword: fails('something new') })
    const error = await caughtAuthError(write(await opened(keyring)))
    expect(error).toMatchObject({ code: 'ERR_STORE_WRITE', message: expect.stringContaining('something new') })
  })

  it('is one that cannot even be opened', async () => {
    const keyring = { ...createFakeKeyring(), open: fails(sayings.noBus) }
    expect(await caughtCode((await opened(keyring)).read())).toBe('ERR_STORE_KEYRING_UNAVAILABLE')
  })

  it('is never replaced by a file: no token lies in the folder', async () => {
    const [keyring, folder] = [createFakeKeyring(), await temporaryFolder()]
    keyring.misbehave({ setPassword: fails(sayings.dismissed) })
    await caughtAuthError(write(await opened(keyring, { folder })))
    expect(await readdir(folder)).not.toContain('keyring.json')
  })
})

describe('a keyring that hangs', () => {
  it.each([['open'], ['getPassword']] as const)('in %s is left after the limit', async (member) => {
    const keyring = createFakeKeyring()
    keyring.misbehave({ getPassword: never })
    const hanging = member === 'open' ? { ...keyring, open: never } : keyring
    const store = await opened(hanging, { timeoutMs: 20 })
    expect(await caughtAuthError(store.read())).toMatchObject({ code: 'ERR_STORE_KEYRING_TIMEOUT', remedy: 'retry' })
  })

  it('is waited for three seconds when nothing else is said', async () => {
    const [keyring, clock] = [createFakeKeyring(), createFakeClock()]
    keyring.misbehave({ getPassword: never })
    const store = createKeyringStore({ ...place, keyring, clock, folder: await temporaryFolder() })
    const failure = caughtAuthError(store.read())
    await clock.advance(2999)
    expect(clock.sleeping).toBe(1)
    await clock.advance(1)
    expect((await failure).summary).toBe('The keyring did not answer within 3 seconds.')
  })

  it('is left at once when the caller no longer wants to wait', async () => {
    const [keyring, waiting] = [createFakeKeyring(), new AbortController()]
    keyring.misbehave({ getPassword: never })
    const reason = new Error('no longer wanted')
    const reading = (await opened(keyring)).read({ signal: waiting.signal })
    waiting.abort(reason)
    await expect(reading).rejects.toBe(reason)
  })

  it('is not asked again while it hangs, so that no late write lands on a newer one', async () => {
    const keyring = createFakeKeyring()
    keyring.misbehave({ getPassword: never })
    const store = await opened(keyring, { timeoutMs: 20 })
    await caughtAuthError(store.read())
    await caughtAuthError(store.read())
    expect(keyring.calls).toBe(1)
  })
})

describe('a keyring that does not keep what it was given', () => {
  it.each([
    ['forgets it', { setPassword: async () => {} }],
    ['forgets it and says nothing', { setPassword: async () => {}, getPassword: async () => null }],
  ])('and %s is found out by the write', async (_, fault) => {
    const keyring = createFakeKeyring()
    keyring.misbehave(fault)
    expect(await caughtCode(write(await opened(keyring)))).toBe('ERR_STORE_NOT_KEPT')
  })

  it('and cuts it at 2,560 bytes is found out by the write', async () => {
    const keyring = createFakeKeyring()
    let kept = ''
    keyring.misbehave({
      getPassword: async () => (kept === '' ? null : kept),
      setPassword: async (text) => {
        kept = Buffer.from(text, 'utf16le').subarray(0, 2560).toString('utf16le')
      },
    })
    const large = { ...credential, refreshToken: new Secret('r'.repeat(2000)) }
    const storing = (await opened(keyring)).update(async () => ({ write: large, result: undefined }))
    expect(await caughtCode(storing)).toBe('ERR_STORE_NOT_KEPT')
  })

  it('and keeps what was removed is found out by the removal', async () => {
    const keyring = createFakeKeyring()
    const store = await opened(keyring)
    await write(store)
    keyring.misbehave({ deleteCredential: async () => true })
    expect(await caughtCode(remove(store))).toBe('ERR_STORE_NOT_KEPT')
  })
})

describe('a keyring with little room', () => {
  it('is not written to when the credential is too large, and the error names the encrypted file', async () => {
    const keyring = createFakeKeyring({ mostBytes: 2560 })
    const store = await opened(keyring)
    const large = { ...credential, refreshToken: new Secret('r'.repeat(1280)) }
    const error = await caughtAuthError(store.update(async () => ({ write: large, result: undefined })))
    expect(error.code).toBe('ERR_STORE_TOO_LARGE')
    expect(error.advice).toContain('encrypted file')
    expect(keyring.entries.size).toBe(0)
  })

  it('counts two bytes a character, up to the last one', async () => {
    const keyring = createFakeKeyring()
    await write(await opened(keyring))
    const [stored = ''] = keyring.entries.values()
    const roomy = await opened(createFakeKeyring({ mostBytes: stored.length * 2 }))
    const tight = await opened(createFakeKeyring({ mostBytes: stored.length * 2 - 1 }))
    await write(roomy)
    expect(await roomy.read()).toMatchObject({ mode: 'chatgpt' })
    expect(await caughtCode(write(tight))).toBe('ERR_STORE_TOO_LARGE')
  })

  it('has room for the key of an encrypted file', async () => {
    const [keyring, path] = [createFakeKeyring({ mostBytes: 2560 }), join(await temporaryFolder(), 'auth')]
    const large = { ...credential, refreshToken: new Secret('r'.repeat(5000)) }
    const store = createEncryptedFileStore(path, createSourceKey(createKeyringKeySource({ ...place, keyring })))
    await store.update(async () => ({ write: large, result: undefined }))
    expect([...keyring.entries.values()].map(({ length }) => length)).toEqual([43])
    expect(await store.read()).toMatchObject({ mode: 'chatgpt' })
  })
})

describe('what lies beside a keyring', () => {
  it('is a marker without a secret, gone with the credential', async () => {
    const [keyring, folder] = [createFakeKeyring(), await temporaryFolder()]
    const store = await opened(keyring, { folder })
    await write(store)
    expect(await store.revision?.()).toMatch(/\d/)
    await remove(store)
    expect(await store.revision?.()).toBeUndefined()
    expect(keyring.entries.size).toBe(0)
  })

  it('is not believed: without the marker, the entry is still the credential', async () => {
    const keyring = createFakeKeyring()
    await write(await opened(keyring))
    const elsewhere = await opened(keyring)
    expect(await elsewhere.read()).toMatchObject({ mode: 'chatgpt' })
    expect(await elsewhere.revision?.()).toBe('unmarked')
  })

  it('is the journal: an announced refresh whose write failed is told to whoever asks', async () => {
    const keyring = createFakeKeyring()
    const store = await opened(keyring)
    await write(store)
    keyring.misbehave({ setPassword: fails(sayings.dismissed) })
    const refresh = store.update(async (_, context) => {
      await context.announce({ tokenFingerprint: '0011223344556677', reason: 'test', atMs: 0 })
      return { write: credential, result: undefined }
    })
    expect(await caughtCode(refresh)).toBe('ERR_STORE_KEYRING_LOCKED')
    expect(await store.unfinishedIntent?.('0011223344556677')).toMatchObject({ reason: 'test' })
  })
})

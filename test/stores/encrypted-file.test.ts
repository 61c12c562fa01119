import { randomBytes } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Secret, type CredentialStore } from '../../src/core/index.js'
import {
  changeEncryptionKey,
  createEncryptedFileStore,
  createPassphraseKey,
  createSourceKey,
  type EncryptionKey,
  type KeySource,
} from '../../src/stores/encrypted-file.js'
import { createKeyringKeySource } from '../../src/stores/keyring.js'
import { authDocument, authText } from '../support/auth-document.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { createFakeKeyring } from '../support/fake-keyring.js'
import { parseChatgpt } from '../support/signed-in.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const credential = parseChatgpt(authText())

const aPath = async () => join(await temporaryFolder(), 'auth.encrypted.json')
const write = (store: CredentialStore) => store.update(async () => ({ write: credential, result: undefined }))
const passphrase = (text = 'correct horse') => createPassphraseKey(new Secret(text))

/** A source that has its key, or makes it, and counts how often it is asked. */
function countingSource(key?: Uint8Array): KeySource & { reads: number } {
  let kept = key
  const source = {
    reads: 0,
    describe: () => 'a test',
    read: async () => {
      source.reads += 1
      return kept
    },
    create: async () => (kept = randomBytes(32)),
  }
  return source
}

const sourceKey = (key?: Uint8Array) => createSourceKey(countingSource(key))

async function writtenWith(key: EncryptionKey): Promise<string> {
  const path = await aPath()
  await write(createEncryptedFileStore(path, key))
  return path
}

let written: Promise<string> | undefined

/** The same for all who change it: what a passphrase is for is that its key takes long to derive. */
async function copyOfWritten(): Promise<string> {
  written ??= writtenWith(passphrase()).then((path) => readFile(path, 'utf8'))
  const path = await aPath()
  await writeFile(path, await written, { mode: 0o600 })
  return path
}

/** Turns over one member of the document, or leaves it out. */
async function tamper(path: string, change: (document: Record<string, unknown>) => void): Promise<string> {
  const document = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
  change(document)
  const text = JSON.stringify(document)
  await writeFile(path, text)
  return text
}

const flipped = (text: unknown) => String(text).replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))

describe('an encrypted file', () => {
  it('holds no token in clear text, nor whose it is', async () => {
    const text = await readFile(await writtenWith(passphrase()), 'utf8')
    const { tokens } = authDocument()
    for (const secret of [tokens['access_token'], tokens['refresh_token'], tokens['account_id'], 'correct horse']) {
      expect(text).not.toContain(String(secret))
    }
  })

  it('says its version, how its key is derived, and all else in base64url', async () => {
    const document: unknown = JSON.parse(await readFile(await writtenWith(passphrase()), 'utf8'))
    expect(document).toEqual({
      planpass: 'encrypted-credential',
      v: 1,
      key: { kind: 'scrypt', n: 131_072, r: 8, p: 1, salt: expect.stringMatching(/^[\w-]{22}$/) },
      iv: expect.stringMatching(/^[\w-]{16}$/),
      ciphertext: expect.stringMatching(/^[\w-]+$/),
    })
  })

  it('takes a fresh iv for each write, and keeps the salt', async () => {
    const [path, key] = [await aPath(), passphrase()]
    const store = createEncryptedFileStore(path, key)
    const seen: { iv: string; key: { salt: string } }[] = []
    for (let index = 0; index < 3; index += 1) {
      await write(store)
      seen.push(JSON.parse(await readFile(path, 'utf8')) as (typeof seen)[number])
    }
    expect(new Set(seen.map(({ iv }) => iv)).size).toBe(3)
    expect(new Set(seen.map(({ key: { salt } }) => salt)).size).toBe(1)
  })

  it('opens with a passphrase whose letters were composed in another way', async () => {
    const path = await writtenWith(passphrase('caf\u00e9'))
    expect(await createEncryptedFileStore(path, passphrase('cafe\u0301')).read()).toMatchObject({ mode: 'chatgpt' })
  })

  it('asks its source for the key once', async () => {
    const source = countingSource()
    const store = createEncryptedFileStore(await aPath(), createSourceKey(source))
    await write(store)
    await store.read()
    await write(store)
    expect(source.reads).toBe(1)
  })

  it('asks its source again when the file names another key', async () => {
    const keyring = createFakeKeyring()
    const place = { service: 'planpass-test', account: 'default', keyring }
    const path = await aPath()
    const daemon = createEncryptedFileStore(path, createSourceKey(createKeyringKeySource(place)))
    await write(daemon)
    const next = randomBytes(32)
    const from = createSourceKey(createKeyringKeySource(place))
    await changeEncryptionKey({ path, from, to: sourceKey(next) })
    keyring.entries.set('planpass-test/default', next.toString('base64url'))
    expect(await daemon.read()).toMatchObject({ mode: 'chatgpt' })
  })

  it('needs a passphrase that is not empty', () => {
    expect(() => passphrase('')).toThrow('The passphrase is empty.')
  })
})

describe('an encrypted file that does not open', () => {
  const key = randomBytes(32)

  it.each<[string, () => EncryptionKey, () => EncryptionKey, string]>([
    ['a wrong passphrase', () => passphrase(), () => passphrase('wrong'), 'another one'],
    ['another key', () => sourceKey(key), () => sourceKey(randomBytes(32)), 'holds another key'],
    ['a key that is gone', () => sourceKey(key), () => sourceKey(), 'no longer in a test'],
    ['a key of 16 bytes', () => sourceKey(key), () => sourceKey(randomBytes(16)), '16 bytes and not 32'],
    ['a passphrase for a key', () => sourceKey(key), () => passphrase(), 'it needs a stored key'],
    ['a key for a passphrase', () => passphrase(), () => sourceKey(key), 'it needs a passphrase'],
  ])('for %s says so and stays as it is, also when damage may be replaced', async (_, from, to, words) => {
    const path = await writtenWith(from())
    const before = await readFile(path)
    const store = createEncryptedFileStore(path, to())
    const replacing = store.update(async () => ({ write: credential, result: undefined }), { replaceCorrupt: true })
    for (const attempt of [store.read(), replacing]) {
      expect(await caughtAuthError(attempt)).toMatchObject({
        code: 'ERR_STORE_DECRYPT',
        message: expect.stringContaining(words),
      })
    }
    expect(await readFile(path)).toEqual(before)
    expect((await readdir(join(path, '..'))).filter((name) => name.includes('corrupt'))).toEqual([])
  })

  it('has a key entry in the keyring that is no key', async () => {
    const keyring = createFakeKeyring()
    const place = { service: 'planpass-test', account: 'default', keyring }
    const path = await writtenWith(createSourceKey(createKeyringKeySource(place)))
    keyring.entries.set('planpass-test/default', '{"tokens":{}}')
    const store = createEncryptedFileStore(path, createSourceKey(createKeyringKeySource(place)))
    expect(await caughtCode(store.read())).toBe('ERR_STORE_DECRYPT')
  })

  it.each<[string, (document: Record<string, unknown>) => void]>([
    ['a byte of the ciphertext', (document) => (document['ciphertext'] = flipped(document['ciphertext']))],
    ['the iv', (document) => (document['iv'] = flipped(document['iv']))],
    ['what it says of its key', (document) => (document['key'] = { ...(document['key'] as object), more: 1 })],
    ['the version', (document) => (document['v'] = 2)],
    ['the purpose', (document) => (document['planpass'] = 'something-else')],
  ])('because somebody changed %s stays as it was changed', async (_, change) => {
    const path = await copyOfWritten()
    const text = await tamper(path, change)
    const store = createEncryptedFileStore(path, passphrase())
    expect(await caughtCode(store.read())).toBe('ERR_STORE_DECRYPT')
    expect(await caughtCode(write(store))).toBe('ERR_STORE_DECRYPT')
    expect(await readFile(path, 'utf8')).toBe(text)
  })

  it('is an auth.json in clear text: it is not taken for damage', async () => {
    const path = await aPath()
    await writeFile(path, authText(), { mode: 0o600 })
    const store = createEncryptedFileStore(path, sourceKey(key))
    expect(await caughtCode(store.read())).toBe('ERR_STORE_DECRYPT')
  })

  it.each<[string, (document: Record<string, unknown>) => void]>([
    ['without an iv', (document) => delete document['iv']],
    ['with a short iv', (document) => (document['iv'] = 'AAAA')],
    ['with a ciphertext that is not base64url', (document) => (document['ciphertext'] = '+/=')],
    ['without its key settings', (document) => delete document['key']],
    [
      'whose scrypt would take all memory',
      (document) => (document['key'] = { kind: 'scrypt', n: 2 ** 30, r: 8, p: 1 }),
    ],
    ['whose scrypt would take all time', (document) => (document['key'] = { kind: 'scrypt', n: 2, r: 1, p: 2 ** 40 })],
    ['whose scrypt cost is no power of two', (document) => (document['key'] = { kind: 'scrypt', n: 1000, r: 8, p: 1 })],
    ['whose scrypt cost is no number', (document) => (document['key'] = { kind: 'scrypt', n: 'x', r: 8, p: 1 })],
  ])('is damaged %s', async (_, change) => {
    const path = await copyOfWritten()
    await tamper(path, change)
    expect(await caughtCode(createEncryptedFileStore(path, passphrase()).read())).toBe('ERR_STORE_CORRUPT')
  })

  it('is damaged wherever it was cut, is kept as a copy, and no cut crashes', async () => {
    const key32 = sourceKey(key)
    const path = await writtenWith(key32)
    const text = await readFile(path, 'utf8')
    const store = createEncryptedFileStore(path, key32)
    for (let length = 0; length < text.length; length += 7) {
      await writeFile(path, text.slice(0, length))
      expect(await caughtCode(store.read())).toBe('ERR_STORE_CORRUPT')
    }
  })
})

describe('a change of the passphrase', () => {
  it('keeps the credential, takes a new salt, and shuts the old passphrase out', async () => {
    const path = await writtenWith(passphrase('old'))
    const before = JSON.parse(await readFile(path, 'utf8')) as { key: { salt: string } }
    const to = passphrase('new')
    expect(await changeEncryptionKey({ path, from: passphrase('old'), to })).toBe(true)
    const after = JSON.parse(await readFile(path, 'utf8')) as { key: { salt: string } }
    expect(after.key.salt).not.toBe(before.key.salt)
    expect(await createEncryptedFileStore(path, passphrase('new')).read()).toMatchObject({ mode: 'chatgpt' })
    expect(await caughtCode(createEncryptedFileStore(path, passphrase('old')).read())).toBe('ERR_STORE_DECRYPT')
  })

  it('moves from a passphrase to a key', async () => {
    const path = await writtenWith(passphrase())
    const to = sourceKey()
    await changeEncryptionKey({ path, from: passphrase(), to })
    expect(await createEncryptedFileStore(path, to).read()).toMatchObject({ mode: 'chatgpt' })
  })

  it('changes nothing when the old one is wrong', async () => {
    const path = await writtenWith(passphrase('old'))
    const before = await readFile(path)
    const change = changeEncryptionKey({ path, from: passphrase('wrong'), to: passphrase('new') })
    expect(await caughtCode(change)).toBe('ERR_STORE_DECRYPT')
    expect(await readFile(path)).toEqual(before)
  })

  it('has nothing to do where nothing is stored', async () => {
    expect(await changeEncryptionKey({ path: await aPath(), from: passphrase('a'), to: passphrase('b') })).toBe(false)
  })
})

import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createMemoryStore, type CredentialStore } from '../../src/core/index.js'
import { createEncryptedFileStore, createSourceKey, type KeySource } from '../../src/stores/encrypted-file.js'
import { createFileStore } from '../../src/stores/file.js'
import { createKeyringKeySource, createKeyringStore } from '../../src/stores/keyring.js'
import { credentialStoreConformance, type StoreUnderTest } from '../../src/testing/index.js'
import { createFakeKeyring } from '../support/fake-keyring.js'
import { plantEncrypted } from '../support/plant-encrypted.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const place = { service: 'planpass-test', account: 'default' }
const nothing = async () => {}

const makers: Record<string, () => Promise<StoreUnderTest>> = {
  'the memory store': async () => {
    const store = createMemoryStore()
    return { store, reopen: async () => store, dispose: nothing }
  },

  'the file store': async () => {
    const path = await newPath()
    return underTest(
      () => createFileStore(path),
      (document) => plantFile(path, document),
    )
  },

  'the file store with a lease': async () => {
    const path = await newPath()
    return underTest(
      () => createFileStore(path, { lock: 'lease' }),
      (document) => plantFile(path, document),
    )
  },

  'the encrypted file': async () => {
    const [path, key] = [await newPath(), randomBytes(32)]
    const source: KeySource = { describe: () => 'the test', read: async () => key, create: async () => key }
    return underTest(
      () => createEncryptedFileStore(path, createSourceKey(source)),
      async (document) => plantFile(path, plantEncrypted(key, document)),
    )
  },

  'the encrypted file with its key in a keyring': async () => {
    const [path, keyring] = [await newPath(), createFakeKeyring()]
    const source = () => createKeyringKeySource({ ...place, keyring })
    return underTest(
      () => createEncryptedFileStore(path, createSourceKey(source())),
      async (document) => plantFile(path, plantEncrypted(await source().create(), document)),
    )
  },

  'the keyring': async () => {
    const [folder, keyring] = [await temporaryFolder(), createFakeKeyring()]
    return underTest(
      () => createKeyringStore({ ...place, folder, keyring }),
      async (document) => void keyring.entries.set('planpass-test/default', document),
    )
  },
}

function underTest(open: () => CredentialStore, plant: StoreUnderTest['plant'] & {}): StoreUnderTest {
  return { store: open(), reopen: async () => open(), plant, dispose: nothing }
}

async function newPath(): Promise<string> {
  return join(await temporaryFolder(), 'profile', 'auth.json')
}

async function plantFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text, { mode: 0o600 })
}

describe.each(Object.entries(makers))('%s', (name, make) => {
  const cases = credentialStoreConformance.filter(({ needsPlant }) => !needsPlant || name !== 'the memory store')
  it.each(cases)('$name', ({ run }) => expect(run(make)).resolves.toBeUndefined())
})

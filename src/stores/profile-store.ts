import { join } from 'node:path'
import { AuthError, type CredentialStore, type Secret } from '../core/index.js'
import type { ChosenStorage } from './chosen-storage.js'
import type { EncryptionKey } from './encryption-key.js'
import { createFileStore } from './file-store.js'
import { createLazyStore } from './lazy-store.js'

/** A profile whose credential is to be opened. */
export interface ProfilePlace {
  /** Where everything of the profile lies that is not a credential, and the file of those storages that are one. */
  readonly folder: string
  readonly storage: ChosenStorage
  /** Opens a file that is encrypted with a passphrase. */
  readonly passphrase?: Secret | undefined
}

/** The service under which everything of ours lies in a keyring. */
const service = 'planpass'

/** The file that changes with the credential. */
export function authFileOf(folder: string, chosen: ChosenStorage): string {
  switch (chosen.storage) {
    case 'file': {
      return join(folder, 'auth.json')
    }
    case 'encrypted-file:passphrase':
    case 'encrypted-file:keyring': {
      return join(folder, 'auth.encrypted.json')
    }
    case 'keyring': {
      return join(folder, 'keyring.json')
    }
    case 'codex': {
      return join(chosen.codexHome, 'auth.json')
    }
    default: {
      return chosen satisfies never
    }
  }
}

/** The store of a profile, in the storage that was chosen for it. Never falls back to another. Opening it reads nothing. */
export function createProfileStore({ folder, storage: chosen, passphrase }: ProfilePlace): CredentialStore {
  const path = authFileOf(folder, chosen)
  switch (chosen.storage) {
    case 'file': {
      return createFileStore(path)
    }
    case 'encrypted-file:passphrase': {
      return createEncrypted(path, async ({ createPassphraseKey }) =>
        createPassphraseKey(requirePassphrase(passphrase)),
      )
    }
    case 'encrypted-file:keyring': {
      return createEncrypted(path, async ({ createSourceKey }) => {
        const { createKeyringKeySource } = await import('./keyring-key-source.js')
        return createSourceKey(createKeyringKeySource({ service, account: chosen.account }))
      })
    }
    case 'keyring': {
      return createInKeyring(folder, chosen.account)
    }
    case 'codex': {
      return createShared(path, chosen.codexHome)
    }
    default: {
      return chosen satisfies never
    }
  }
}

type EncryptedFile = typeof import('./encrypted-file.js')

function createEncrypted(path: string, toKey: (module: EncryptedFile) => Promise<EncryptionKey>): CredentialStore {
  return createLazyStore({ kind: 'encrypted-file', describe: () => path }, async () => {
    const module = await import('./encrypted-file.js')
    return module.createEncryptedFileStore(path, await toKey(module))
  })
}

function createInKeyring(folder: string, account: string): CredentialStore {
  const describe = () => `the keyring of the system (service ${service}, account ${account})`
  return createLazyStore({ kind: 'keyring', describe }, async () => {
    const { createKeyringStore } = await import('./keyring.js')
    return createKeyringStore({ folder, service, account })
  })
}

/** The Codex CLI's own file, shared because somebody asked for it. */
function createShared(path: string, codexHome: string): CredentialStore {
  return createLazyStore({ kind: 'codex', describe: () => path }, async () => {
    const { createCodexStore } = await import('./codex.js')
    return createCodexStore({ codexHome, mode: 'file' })
  })
}

function requirePassphrase(passphrase: Secret | undefined): Secret {
  if (passphrase) return passphrase
  throw new AuthError('ERR_STORE_DECRYPT', 'The sign-in is encrypted with a passphrase, and none was given.', {
    advice: 'Set PLANPASS_PASSPHRASE for this command.',
  })
}

import { randomUUID } from 'node:crypto'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Variables } from '../sign-in/index.js'
import type { ChosenStorage } from '../stores/index.js'

/** Where a sign-in can be kept, by the names that people use. */
export type StorageName = 'file' | 'encrypted' | 'keyring' | 'codex'

/**
 * What a name means on this machine, for a new choice. `encrypted` is a file whose key is in the keyring, or a passphrase when there is one in
 * `PLANPASS_PASSPHRASE`; `codex` is the Codex CLI's own file, to be shared with it.
 */
export function toChosenStorage(name: StorageName, variables: Variables): ChosenStorage {
  switch (name) {
    case 'file': {
      return { storage: 'file' }
    }
    case 'encrypted': {
      return variables['PLANPASS_PASSPHRASE']
        ? { storage: 'encrypted-file:passphrase' }
        : { storage: 'encrypted-file:keyring', account: randomUUID() }
    }
    case 'keyring': {
      return { storage: 'keyring', account: randomUUID() }
    }
    case 'codex': {
      return { storage: 'codex', codexHome: codexHomeOf(variables) }
    }
    default: {
      return name satisfies never
    }
  }
}

/** The folder of the Codex CLI that runs with these variables (protocol 10.2). */
export function codexHomeOf(variables: Variables): string {
  const named = variables['CODEX_HOME']?.trim()
  const home = variables['HOME'] || variables['USERPROFILE'] || homedir()
  return resolve(named || join(home, '.codex'))
}

/** Whether a profile that is kept as `current` is already kept where `name` says. */
export function isKeptAs(current: ChosenStorage, name: StorageName): boolean {
  return name === 'encrypted' ? current.storage.startsWith('encrypted-file') : current.storage === name
}

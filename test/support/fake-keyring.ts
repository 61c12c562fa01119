import type { Keyring, KeyringEntry } from '../../src/stores/keyring.js'

/** A keyring in memory, and what may go wrong with one. Every instance over the same `entries` is the same keyring. */
export interface FakeKeyring extends Keyring {
  readonly entries: Map<string, string>
  /** Replaces members of every entry that is opened from now on. */
  misbehave(entry: Partial<KeyringEntry>): void
  /** How many calls reached the keyring. */
  calls: number
}

export function createFakeKeyring(limits: Pick<Keyring, 'mostBytes'> = {}): FakeKeyring {
  const entries = new Map<string, string>()
  let faults: Partial<KeyringEntry> = {}
  const keyring: FakeKeyring = {
    ...limits,
    entries,
    calls: 0,
    misbehave: (entry) => {
      faults = entry
    },
    open: async (service, account) => {
      keyring.calls += 1
      return { ...honestEntry(entries, `${service}/${account}`), ...faults }
    },
  }
  return keyring
}

function honestEntry(entries: Map<string, string>, name: string): KeyringEntry {
  return {
    getPassword: async () => entries.get(name) ?? null,
    setPassword: async (text) => void entries.set(name, text),
    deleteCredential: async () => entries.delete(name),
  }
}

export const never = () => new Promise<never>(() => {})

/** What the addon says on Linux and macOS; there are no codes. */
export const sayings = {
  noBus: 'Platform failure: DBus error: Failed to connect to socket /nowhere: No such file or directory',
  noService: 'Platform failure: DBus error: The name org.freedesktop.secrets was not provided by any .service files',
  noCollection: "Couldn't access platform storage: Secret Service: no result found",
  dismissed: "Couldn't access platform storage: Secret Service: unlock prompt was dismissed",
  noInteraction: "Couldn't access platform storage: User interaction is not allowed.",
  noReply: 'Platform failure: DBus error: Did not receive a reply. Possible causes include: the reply timeout expired',
}

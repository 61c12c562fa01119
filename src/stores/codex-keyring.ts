import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { AuthError, isAuthError, parseAuthFile } from '../core/index.js'
import type { CodexBacking, SharedContent } from './codex-update.js'
import type { FileTransaction } from './file-transaction.js'
import { createTrustedEntry, type KeyringPlace, type TrustedEntry } from './keyring-entry.js'

/** What the CLI calls its entries since 2026 (protocol 4.7). */
const service = 'Codex Auth'

/** The account of the entry of one `CODEX_HOME`: by its canonical path, or by the path as it is while nothing is there. */
export async function codexKeyringAccount(codexHome: string): Promise<string> {
  const path = await realpath(codexHome).catch(() => codexHome)
  return `cli|${createHash('sha256').update(path).digest('hex').slice(0, 16)}`
}

/** The CLI's entry in the keyring of the system, which it uses with `cli_auth_credentials_store = "keyring"`. */
export function createCodexKeyring(
  codexHome: string,
  options: Pick<KeyringPlace, 'keyring' | 'timeoutMs'>,
): CodexBacking {
  const where = `the keyring entry "${service}" of ${codexHome}`
  let opened: { account: string; entry: TrustedEntry } | undefined

  async function openEntry(): Promise<TrustedEntry> {
    const account = await codexKeyringAccount(codexHome)
    // One entry for all calls: they wait for one another.
    if (opened?.account !== account) opened = { account, entry: createTrustedEntry({ service, account, ...options }) }
    return opened.entry
  }

  return {
    where,
    pollMs: 200,
    // One line, as the CLI writes it.
    blank: '{}',
    read: async () => toContent(await (await openEntry()).read()),
    async whole({ content }, isReplaceable = false) {
      if (!('damage' in content)) return content.credential
      // No copy is made: it would be a file in clear text that nobody asked for.
      if (isReplaceable) return undefined
      throw new AuthError(content.damage.code, `In ${where}: ${content.damage.summary} It was left as it is.`)
    },
    storing: (transaction, assertHeld) => storeIn(openEntry, transaction, assertHeld),
  }
}

function toContent(text: string | undefined): SharedContent {
  if (text === undefined) return { text, content: { credential: undefined, size: 0 } }
  try {
    return { text, content: { credential: parseAuthFile(text), size: text.length } }
  } catch (error) {
    if (!isAuthError(error)) throw error
    return { text: undefined, content: { damage: error, bytes: Buffer.from(text) } }
  }
}

/** Proof, journal and lock stay with the folder; what is stored goes to the keyring. */
function storeIn(
  openEntry: () => Promise<TrustedEntry>,
  transaction: FileTransaction,
  assertHeld: () => Promise<void>,
): FileTransaction {
  async function store(work: (entry: TrustedEntry) => Promise<void>): Promise<void> {
    await assertHeld()
    await work(await openEntry())
    await transaction.keep()
  }

  return {
    announce: (intent) => transaction.announce(intent),
    write: (text) => store((entry) => entry.write(text)),
    remove: () => store((entry) => entry.remove()),
    keep: () => transaction.keep(),
    fail: (error) => transaction.fail(error),
    end: () => transaction.end(),
    get announced() {
      return transaction.announced
    },
  }
}

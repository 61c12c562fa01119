import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { AuthError, parseJsonObject, readString, type JsonObject } from '../core/index.js'

/** One named secret in a keyring. Each call ends when its signal aborts, as far as it can. */
export interface KeyringEntry {
  getPassword(signal: AbortSignal): Promise<string | null>
  setPassword(text: string, signal: AbortSignal): Promise<void>
  /** @returns false when there was none */
  deleteCredential(signal: AbortSignal): Promise<boolean>
}

/** A keyring as the stores use it: the system's own, or a test's. */
export interface Keyring {
  /** How many bytes of UTF-16 an entry can hold, where there is a limit. */
  readonly mostBytes?: number
  open(service: string, account: string): Promise<KeyringEntry>
}

/** `CRED_MAX_CREDENTIAL_BLOB_SIZE` of Windows; the others have no limit that a credential comes near. */
const mostBytesOnWindows = 5 * 512

/**
 * The keyring of the operating system: Keychain, Credential Manager, or the Secret Service. On Linux no other is taken in its place; the
 * kernel's own, which the addon would fall back to, forgets at logout.
 *
 * `open` throws AuthError `ERR_CONFIG_MISSING_PACKAGE` when the optional peer is not installed.
 */
export function createSystemKeyring(): Keyring {
  return {
    ...(process.platform === 'win32' && { mostBytes: mostBytesOnWindows }),
    async open(service, account) {
      const addon = locateAddon()
      const call = (method: string, signal: AbortSignal, ...args: string[]) =>
        callAddon(addon, { service, account, method, args }, signal)
      return {
        getPassword: async (signal) => readString(await call('getPassword', signal), 'result') ?? null,
        setPassword: async (text, signal) => void (await call('setPassword', signal, text)),
        deleteCredential: async (signal) => (await call('deleteCredential', signal))['result'] === true,
      }
    },
  }
}

function locateAddon(): string {
  try {
    return createRequire(import.meta.url).resolve('@napi-rs/keyring')
  } catch (error) {
    throw new AuthError('ERR_CONFIG_MISSING_PACKAGE', 'The keyring of the system needs the package @napi-rs/keyring.', {
      cause: error,
      advice: 'Install it: npm install @napi-rs/keyring',
    })
  }
}

/**
 * What runs in the process that talks to the keyring: one call, asked for and answered on its pipes, so that no secret is an argument. A program
 * in a string, because a file of its own would not be found from inside a bundle.
 */
const program = `
  const { Entry } = require(process.argv[1])
  const call = ({ service, account, method, args }) =>
    new Entry(service, account, { linux: { store: 'secret-service' } })[method](...args)
  const answer = (request) => {
    try {
      return { result: call(JSON.parse(request)) }
    } catch (error) {
      return { failure: error.message }
    }
  }
  process.stdout.write(JSON.stringify(answer(require('node:fs').readFileSync(0, 'utf8'))))
`

/**
 * In a process of its own, which can be killed. In ours, a keyring or a bus that is silent would stop the event loop while the entry is opened,
 * and the exit of the process after that, each for as long as D-Bus waits (25 seconds).
 */
async function callAddon(addon: string, request: JsonObject, signal: AbortSignal): Promise<JsonObject> {
  const options = { signal, killSignal: 'SIGKILL', windowsHide: true } as const
  const running = promisify(execFile)(process.execPath, ['-e', program, addon], options)
  running.child.stdin?.on('error', ignoreClosedPipe).end(JSON.stringify(request))
  const answer = parseJsonObject((await running).stdout) ?? {}
  const failure = readString(answer, 'failure')
  if (failure !== undefined) throw new Error(failure)
  return answer
}

/** The process ended before it read: its exit says why. */
function ignoreClosedPipe(): void {}

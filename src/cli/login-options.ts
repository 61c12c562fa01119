import { AuthError } from '../core/index.js'
import type { SignInOptions, StorageName } from '../node/index.js'
import type { BrowserOpening } from '../sign-in/index.js'
import type { Invocation } from './command.js'
import { readPort } from './read-port.js'

type LoginOptions = Omit<SignInOptions, 'provider' | 'identity' | 'fetch' | 'screen'>

/** What the options of `planpass login` ask for. @throws AuthError `ERR_CONFIG_USAGE` */
export function readSignInOptions({ host, options }: Invocation): LoginOptions {
  const workspace = options.text('workspace')
  const port = options.text('callback-port')
  return {
    profile: options.text('profile'),
    storage: readStorage(options.text('storage')),
    flow: readFlow(options.isSet('browser'), options.isSet('device')),
    interactive: host.stderr.isTerminal,
    environment: { variables: host.environment },
    clock: host.clock,
    signal: host.interrupted,
    callbackPort: port === undefined ? undefined : readPort(port, '--callback-port'),
    timeoutMs: readTimeout(options.text('timeout')),
    allowedWorkspaceIds: workspace === undefined ? undefined : [workspace],
    expect: { email: options.text('expect-email'), mayReplace: options.isSet('switch-account') },
    ...(options.isSet('no-open') && { openBrowser: notOpened }),
  }
}

async function notOpened(): Promise<BrowserOpening> {
  return { isOpened: false, reason: 'none was asked for' }
}

function readFlow(isBrowser: boolean, isDevice: boolean): 'auto' | 'browser' | 'device' {
  if (isBrowser && isDevice) throw usage('--browser and --device contradict each other.', 'Use one of them, or none.')
  return isBrowser ? 'browser' : isDevice ? 'device' : 'auto'
}

const storageNames: readonly StorageName[] = ['file', 'encrypted', 'keyring', 'codex']

function readStorage(text: string | undefined): StorageName | 'auto' {
  if (text === undefined) return 'auto'
  const name = storageNames.find((known) => known === text)
  if (name) return name
  throw usage('--storage is not a storage we know.', `Use one of ${storageNames.join(', ')}.`)
}

function readTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (seconds > 0) return seconds * 1000
  throw usage('--timeout is not a number of seconds.', 'Use a whole number, such as --timeout 300.')
}

function usage(summary: string, advice: string): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', summary, { advice })
}

import { AuthError, type ClientIdentity, type Provider } from '../core/index.js'
import { readProviderChoice, writeProviderChoice, type ProviderChoice } from '../node/index.js'
import type { Invocation } from './command.js'
import { openChosenProvider, openProvider, openStore } from './open-store.js'

/** Through whom somebody is about to sign in. */
export interface LoginProvider {
  readonly provider: Provider
  readonly identity: ClientIdentity
  /** Whether somebody who is signed in is asked again all the same. */
  readonly asksAgain: boolean
  /** Remembers it for the profile, once somebody is signed in. @throws AuthError `ERR_STORE_WRITE` */
  readonly settle: () => Promise<void>
}

/**
 * What `--provider` says, else what the profile was signed in with, else the Codex client's route. Never chosen by what happens to work.
 *
 * @throws AuthError `ERR_CONFIG_*`, `ERR_STORE_READ`
 */
export function openLoginProvider(invocation: Invocation): LoginProvider {
  const { host, options } = invocation
  const { folder } = openStore(invocation)
  const before = readProviderChoice(folder)
  const choice = readChoice(invocation, before)
  const [asksForConsent, newRegistration] = [options.isSet('enable-plan'), options.isSet('new-registration')]
  if (choice.provider === 'codex' && (asksForConsent || newRegistration)) throw onlyForSiwc()
  const opened =
    choice.provider === 'codex'
      ? openProvider({ host, options })
      : openChosenProvider(invocation, folder, { choice, asksForConsent, newRegistration })
  const isKnown = JSON.stringify(choice) === JSON.stringify(before)
  return {
    ...opened,
    asksAgain: asksForConsent || newRegistration,
    settle: async () => {
      if (!isKnown) await writeProviderChoice(folder, choice)
    },
  }
}

function readChoice({ options }: Invocation, before: ProviderChoice): ProviderChoice {
  const name = options.text('provider') ?? before.provider
  if (name === 'codex') return { provider: 'codex' }
  if (name !== 'siwc') throw usage('--provider is not a provider we know.', 'Use codex or siwc.')
  const appName = options.text('app-name') ?? (before.provider === 'siwc' ? before.appName : undefined)
  if (appName?.trim()) return { provider: 'siwc', appName: appName.trim() }
  throw usage(
    'This provider wants the name of your program.',
    'Say it with --app-name; people see it when they approve.',
  )
}

function onlyForSiwc(): AuthError {
  return usage('--enable-plan and --new-registration are for --provider siwc.', 'Leave them out.')
}

function usage(summary: string, advice: string): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', summary, { advice })
}

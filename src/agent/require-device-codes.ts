import { AuthError, type Provider } from '../core/index.js'

/**
 * An agent shows its person a device code. Where a provider has ways of its own there is none, and none is asked for; its terms would not let
 * another program have the sign-in either.
 *
 * @throws AuthError `ERR_CONFIG_TERMS`
 */
export function requireDeviceCodes({ ways }: Pick<Provider, 'ways'>): void {
  if (ways) throw notForAgents()
}

/** For a profile that is known to sign in that way. */
export function notForAgents(): AuthError {
  return new AuthError(
    'ERR_CONFIG_TERMS',
    '"Sign in with ChatGPT" is for the connected program alone, and has no codes for an agent to show.',
    {
      advice: 'Use another profile; `docs/which-route.md` says which route allows what.',
    },
  )
}

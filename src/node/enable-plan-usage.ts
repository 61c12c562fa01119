import { AuthError } from '../core/index.js'
import { openProfile } from './open-profile.js'
import { createProfileProvider } from './profile-provider.js'
import { signIn, type SignedIn, type SignInOptions } from './sign-in.js'

/**
 * Asks the person again whether this program may use their plan, under the registration that the profile has: for when they want to allow what
 * they did not, or took back. Call it at their wish, and not of your own accord. The sign-in that is there stays until the new one is stored.
 *
 * @throws AuthError as `signIn` does, and `ERR_CONFIG_USAGE` for a profile of the other provider, where nothing of the kind is asked
 */
export async function enablePlanUsage(options: Omit<SignInOptions, 'provider'>): Promise<SignedIn> {
  const { profile, environment, clock, expect } = options
  const { folder } = openProfile({ profile, environment })
  const provider = createProfileProvider(folder, { environment, clock, asksForConsent: true })
  if (!provider.ways) throw nothingToAllow()
  return signIn({ ...options, provider, expect: { ...expect, mayReplace: true } })
}

function nothingToAllow(): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', 'Only with "Sign in with ChatGPT" is plan use allowed by itself.', {
    advice: 'Sign in with that provider first, or leave this out.',
  })
}

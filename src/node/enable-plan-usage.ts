import { openProfile } from './open-profile.js'
import { createProfileProvider } from './profile-provider.js'
import { signIn, type SignedIn, type SignInOptions } from './sign-in.js'

/**
 * Asks the person again whether this program may use their plan, under the registration that the profile has: for when they want to allow what
 * they did not, or took back. Call it at their wish, and not of your own accord. The sign-in that is there stays until the new one is stored.
 *
 * @throws AuthError as `signIn` does
 */
export function enablePlanUsage(options: Omit<SignInOptions, 'provider'>): Promise<SignedIn> {
  const { profile, environment, clock, expect } = options
  const { folder } = openProfile({ profile, environment })
  const provider = createProfileProvider(folder, { environment, clock, asksForConsent: true })
  return signIn({ ...options, provider, expect: { ...expect, mayReplace: true } })
}

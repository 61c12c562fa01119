import type { Invocation } from './command.js'
import type { Profile } from './open-profile.js'

/** A sign-in that an agent began, and that waits for its person, ends with a sign-out: nobody is to come in through it afterwards. */
export async function endPendingSignIn(profile: Profile, { host }: Invocation): Promise<void> {
  const { createAgent } = await import('../agent/index.js')
  await createAgent({ ...profile, clock: host.clock }).cancel()
}

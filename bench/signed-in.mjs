import { createCodexProvider, Secret } from '../dist/core/index.js'
import { toCredential } from '../dist/core/oauth.js'
import { createEmulator } from '../dist/testing/index.js'

/** Nobody listens there: what should not use the network would fail. */
export const nowhere = 'http://127.0.0.1:9'

/** Somebody who is signed in for an hour at the services of `origin`, which nobody has to ask for it. */
export async function signIn(origin = nowhere) {
  const emulator = createEmulator()
  const { idToken, accessToken, refreshToken } = await emulator.issueTokens(undefined, { issuer: origin })
  const provider = createCodexProvider({ issuer: origin, backendUrl: `${origin}/backend-api` })
  const tokens = {
    idToken: new Secret(idToken),
    accessToken: new Secret(accessToken),
    refreshToken: new Secret(refreshToken),
  }
  return { provider, credential: toCredential({ provider, tokens, nowMs: emulator.clock.now() }) }
}

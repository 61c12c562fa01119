import type { Profile } from '../node/index.js'

/** Whether the sign-in is the Codex CLI's as well. */
export function isShared({ storage }: Pick<Profile, 'storage'>): boolean {
  return storage.storage === 'codex'
}

/** To end a sentence about a sign-out with: whom else it signed out. */
export function alsoSignedOut(profile: Pick<Profile, 'storage'>): string {
  return isShared(profile) ? ' The Codex CLI shared this sign-in, and is signed out too.' : ''
}

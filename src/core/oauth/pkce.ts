import { encodeBase64Url, randomBase64Url } from '../base64url.js'
import { Secret } from '../secret.js'

/** A verifier and its S256 challenge (RFC 7636 4.1, 4.2). */
export interface Pkce {
  readonly verifier: Secret
  readonly challenge: string
}

/** 64 random bytes, 86 characters, as the Codex client makes them (protocol 2.1). */
export async function createPkce(): Promise<Pkce> {
  const verifier = randomBase64Url(64)
  return { verifier: new Secret(verifier), challenge: await toChallenge(verifier) }
}

async function toChallenge(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  return encodeBase64Url(new Uint8Array(digest))
}

/** 32 random bytes, 43 characters (protocol 2.1). */
export function createState(): string {
  return randomBase64Url(32)
}

import { AuthError } from '../core/index.js'

/** Gives the id of this machine or installation: created once, kept apart from accounts, never copied to another machine (siwc 7). */
export type HostIdSource = () => Promise<string>

/** A new one: opaque, says nothing of the person or the machine. */
export function createHostId(): string {
  return `urn:uuid:${crypto.randomUUID()}`
}

/** The three documented forms (siwc 7). */
const hostId = /^(urn:uuid:[\da-f-]{36}|urn:ietf:params:oauth:jwk-thumbprint:[\w:-]{20,200}|did:key:z[\w]{20,200})$/i

/** @throws AuthError `ERR_CONFIG_USAGE` for what is none */
export function parseHostId(text: string): string {
  if (hostId.test(text)) return text
  throw new AuthError('ERR_CONFIG_USAGE', 'The host id has none of the documented forms.', {
    advice: 'Use `urn:uuid:`, a JWK thumbprint URN, or `did:key:`.',
  })
}

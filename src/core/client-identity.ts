import { AuthError } from './errors.js'

/** Under which name we speak to OpenAI: our own or the host program's, never another product's (docs/decisions/0004). */
export interface ClientIdentity {
  readonly originator: string
  readonly userAgent: string
}

const packageName = 'planpass'

/** The version of this package, as it names itself to OpenAI. */
export const packageVersion = '0.1.0'

/** Names under which OpenAI's own programs identify themselves (protocol 1, first-party set), in any case. */
const firstPartyName = /^(codex(?![a-z0-9])|chatgpt|openai)/i

/** Printable ASCII without `/`, which parts a product from its version; spaces inside only. */
const headerWords = /^(?!.*\/)[\x21-\x7e]+( [\x21-\x7e]+)*$/

/**
 * @param name Your program's name, printable ASCII; default `planpass`.
 * @param version Your program's version, printable ASCII without spaces.
 * @throws AuthError `ERR_CONFIG_CLIENT_NAME`
 */
export function createClientIdentity(name: string = packageName, version: string = packageVersion): ClientIdentity {
  if (!headerWords.test(name) || !/^[\x21-\x7e]+$/.test(version)) {
    throw new AuthError(
      'ERR_CONFIG_CLIENT_NAME',
      'The client name or its version is empty or cannot stand in a header.',
    )
  }
  if (firstPartyName.test(name)) {
    throw new AuthError('ERR_CONFIG_CLIENT_NAME', `The client name "${name}" belongs to another product.`)
  }
  const own = `${packageName}/${packageVersion}`
  const product = `${name.replaceAll(' ', '-')}/${version}`
  return { originator: name, userAgent: product === own ? own : `${product} ${own}` }
}

/** The headers that carry the identity (protocol 9). */
export function identityHeaders(identity: ClientIdentity): Record<string, string> {
  return { originator: identity.originator, 'user-agent': identity.userAgent }
}

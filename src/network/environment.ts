/** The variables that decide how a process reaches the network. A blank one counts as unset (protocol 10.2 and 11). */
export type NetworkEnvironment = { readonly [Name in NetworkVariable]?: string | undefined }

type NetworkVariable =
  | AuthoritiesVariable
  | ProxyVariable
  | 'NO_PROXY'
  | 'no_proxy'
  /** Only ever heard where it would weaken us: the transport verifies all the same. */
  | 'NODE_TLS_REJECT_UNAUTHORIZED'
  /** Set by a web server that runs us as a CGI program. */
  | 'REQUEST_METHOD'

/** Names a file of certificate authorities. */
export type AuthoritiesVariable = 'CODEX_CA_CERTIFICATE' | 'SSL_CERT_FILE' | 'NODE_EXTRA_CA_CERTS'

export const proxyVariables = [
  'https_proxy',
  'HTTPS_PROXY',
  'http_proxy',
  'HTTP_PROXY',
  'all_proxy',
  'ALL_PROXY',
] as const

/** Names a proxy. */
export type ProxyVariable = (typeof proxyVariables)[number]

/** The first of the variables that is not blank, and what it says. */
export function firstSet<Name extends NetworkVariable>(
  environment: NetworkEnvironment,
  names: readonly Name[],
): { readonly variable: Name; readonly value: string } | undefined {
  for (const variable of names) {
    const value = environment[variable]?.trim()
    if (value) return { variable, value }
  }
  return undefined
}

import tls from 'node:tls'

/** What of `node:tls` knows the roots. `getCACertificates` came with Node 22.15. */
export interface RootCertificates {
  readonly rootCertificates: readonly string[]
  readonly getCACertificates?: (type: 'system') => string[]
}

/** Everything to trust, once each: what Node brings, what the system trusts where Node can tell, and the extra authorities. */
export function trustedRoots(authorities: readonly string[], roots: RootCertificates = tls): string[] {
  const ofSystem = roots.getCACertificates?.('system') ?? []
  return [...new Set([...roots.rootCertificates, ...ofSystem, ...authorities])]
}

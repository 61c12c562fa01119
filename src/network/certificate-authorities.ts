import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { AuthError } from '../core/index.js'
import { firstSet, type AuthoritiesVariable, type NetworkEnvironment } from './environment.js'

/**
 * The first that is set decides (protocol 11). Node reads the last one by itself for its own connections, but not where authorities are
 * handed over, nor for the environment of another process.
 */
const precedence = ['CODEX_CA_CERTIFICATE', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'] as const

/** OpenSSL's `TRUSTED CERTIFICATE` is a certificate with trust settings behind it (protocol 11). */
const certificateBlock = /-----BEGIN (TRUSTED )?CERTIFICATE-----[\s\S]+?-----END \1?CERTIFICATE-----/g

const certificateStart = /-----BEGIN (TRUSTED )?CERTIFICATE-----/g

/** A file of certificate authorities, and the variable that named it. */
export interface AuthoritiesFile {
  readonly variable: AuthoritiesVariable
  readonly path: string
}

/** The file of the first variable that is set. */
export function chosenAuthorities(environment: NetworkEnvironment): AuthoritiesFile | undefined {
  const chosen = firstSet(environment, precedence)
  return chosen && { variable: chosen.variable, path: chosen.value }
}

/**
 * The certificate authorities that are trusted besides the system's.
 *
 * @throws AuthError `ERR_CONFIG_CA_BUNDLE` naming the variable and the file
 */
export async function readExtraAuthorities(environment: NetworkEnvironment): Promise<string[] | undefined> {
  const chosen = chosenAuthorities(environment)
  if (!chosen) return undefined
  const { variable, path } = chosen
  const pem = await readFile(path, 'utf8').catch((error: unknown) => {
    throw unusable(variable, path, 'cannot be read', error)
  })
  const blocks = pem.match(certificateBlock) ?? []
  if (blocks.length === 0) throw unusable(variable, path, 'has no certificate in it')
  if (blocks.length < (pem.match(certificateStart) ?? []).length) throw unusable(variable, path, 'is cut off')
  return blocks.map((block) => normalize(block, variable, path))
}

function normalize(block: string, variable: string, path: string): string {
  try {
    return new X509Certificate(block).toString()
  } catch (error) {
    throw unusable(variable, path, 'has a certificate that cannot be parsed', error)
  }
}

function unusable(variable: string, path: string, why: string, cause?: unknown): AuthError {
  return new AuthError('ERR_CONFIG_CA_BUNDLE', `The file named by ${variable} (${path}) ${why}.`, {
    advice: 'Name a readable PEM file in CODEX_CA_CERTIFICATE or SSL_CERT_FILE, or unset the variable.',
    ...(cause !== undefined && { cause }),
  })
}

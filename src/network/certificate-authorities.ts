import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { AuthError } from '../core/index.js'
import type { NetworkEnvironment } from './transport.js'

const precedence = ['CODEX_CA_CERTIFICATE', 'SSL_CERT_FILE'] as const

/** OpenSSL's `TRUSTED CERTIFICATE` is a certificate with trust settings behind it (protocol 11). */
const certificateBlock = /-----BEGIN (TRUSTED )?CERTIFICATE-----[\s\S]+?-----END \1?CERTIFICATE-----/g

const certificateStart = /-----BEGIN (TRUSTED )?CERTIFICATE-----/g

/** A file of certificate authorities, and the variable that named it. */
export interface AuthoritiesFile {
  readonly variable: (typeof precedence)[number]
  readonly path: string
}

/** The file of the first variable that is set; an empty one counts as unset (protocol 11). */
export function chosenAuthorities(environment: NetworkEnvironment): AuthoritiesFile | undefined {
  const variable = precedence.find((name) => environment[name])
  const path = variable && environment[variable]
  return variable && path ? { variable, path } : undefined
}

/**
 * The certificate authorities that are trusted besides the built-in ones.
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

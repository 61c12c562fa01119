import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { isIP, isIPv4, isIPv6 } from 'node:net'
import { systemClock } from '../core/index.js'
import { bitString, boolean, explicit, integer, objectId, octetString, raw, sequence, set, time, utf8 } from './der.js'

/** A key and a certificate as `node:https` takes them. */
export interface ServerCertificate {
  readonly key: string
  readonly cert: string
}

/** An authority that lives as long as the listener it was made for. */
export interface CertificateAuthority {
  readonly caPem: string
  /** A server certificate for these host names and IP addresses. */
  issue(hosts: readonly string[]): ServerCertificate
}

/** Writes the authority's certificate, e.g. for `CODEX_CA_CERTIFICATE` or `NODE_EXTRA_CA_CERTS`; it is public. */
export async function writeCaFile(path: string, caPem: string): Promise<void> {
  await writeFile(path, caPem)
}

/** Makes an authority with a P-256 key of its own; the key never leaves memory. */
export function createCertificateAuthority(): CertificateAuthority {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const authorityName = name(`planpass emulator CA ${randomBytes(4).toString('hex')}`)
  const keyId = keyIdentifier(authority.publicKey)
  const sign = (subject: Certificate) => signCertificate(subject, authorityName, authority.privateKey)
  const caPem = sign({
    subject: authorityName,
    publicKey: authority.publicKey,
    extensions: [
      extension(oids.basicConstraints, sequence(boolean(true)), true),
      // keyCertSign and cRLSign
      extension(oids.keyUsage, bitString(Buffer.from([0x06]), 1), true),
      extension(oids.subjectKeyIdentifier, octetString(keyId)),
    ],
  })

  return {
    caPem,
    issue(hosts) {
      const server = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const cert = sign({
        subject: name('planpass emulator'),
        publicKey: server.publicKey,
        extensions: [
          extension(oids.basicConstraints, sequence(), true),
          // digitalSignature
          extension(oids.keyUsage, bitString(Buffer.from([0x80]), 7), true),
          extension(oids.extendedKeyUsage, sequence(objectId(oids.serverAuth))),
          extension(oids.subjectAlternativeName, sequence(...hosts.map(generalName))),
          extension(oids.authorityKeyIdentifier, sequence(raw(0x80, keyId))),
          extension(oids.subjectKeyIdentifier, octetString(keyIdentifier(server.publicKey))),
        ],
      })
      return { key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert }
    },
  }
}

interface Certificate {
  readonly subject: Buffer
  readonly publicKey: KeyObject
  readonly extensions: readonly Buffer[]
}

const oids = {
  commonName: '2.5.4.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  subjectAlternativeName: '2.5.29.17',
  subjectKeyIdentifier: '2.5.29.14',
  authorityKeyIdentifier: '2.5.29.35',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const

/** By the machine's clock, whatever clock the emulator plays by: it is real clients that check it. */
const validityMs = { before: 24 * 60 * 60_000, after: 30 * 24 * 60 * 60_000 }

/** RFC 5280 4.1: the part that is signed, the algorithm, the signature. */
function signCertificate({ subject, publicKey, extensions }: Certificate, issuer: Buffer, key: KeyObject): string {
  const algorithm = sequence(objectId(oids.ecdsaWithSha256))
  const nowMs = systemClock.now()
  const signedPart = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(randomBytes(16)),
    algorithm,
    issuer,
    sequence(time(nowMs - validityMs.before), time(nowMs + validityMs.after)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions)),
  )
  const signature = createSign('sha256').update(signedPart).sign(key)
  return toPem(sequence(signedPart, algorithm, bitString(signature)))
}

function name(commonName: string): Buffer {
  return sequence(set(sequence(objectId(oids.commonName), utf8(commonName))))
}

function extension(oid: string, value: Buffer, isCritical = false): Buffer {
  return sequence(objectId(oid), ...(isCritical ? [boolean(true)] : []), octetString(value))
}

/** RFC 5280 4.2.1.6: an IP address goes in as its bytes, a name as text. */
function generalName(host: string): Buffer {
  return isIP(host) === 0 ? raw(0x82, Buffer.from(host)) : raw(0x87, addressBytes(host))
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  if (!isIPv6(address)) throw new TypeError(`${address} is not an IP address.`)
  const [head = '', tail] = address.split('::')
  const left = groups(head)
  const right = groups(tail ?? '')
  const middle = Array.from({ length: 8 - left.length - right.length }, () => 0)
  return Buffer.from([...left, ...middle, ...right].flatMap((group) => [group >> 8, group & 0xff]))
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}

/** RFC 5280 4.2.1.2, method 1, near enough: any value that is unique to the key will do. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
}

function toPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

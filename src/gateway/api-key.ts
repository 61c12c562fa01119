import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { Secret } from '../core/index.js'

/** A key nobody guesses: 256 random bits, after letters by which leak scanners and people know it. */
export function createApiKey(): Secret {
  return new Secret(`ppk_${randomBytes(32).toString('base64url')}`)
}

/**
 * What is kept of a key. One round of SHA-256 is right here, and a slow hash would be wrong: slowness protects what people choose, while 256 random
 * bits cannot be tried out whatever one try costs (NIST SP 800-63B 5.1.2.2 asks it of look-up secrets under 112 bits only), and every request pays.
 */
export function digestKey(key: string): Buffer {
  return hash('sha256', key, 'buffer')
}

/** In a time that tells nothing of how much of the digest agrees. */
export function isSameDigest(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}

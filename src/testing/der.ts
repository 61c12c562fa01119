/** The few kinds of DER values a certificate is made of (X.690). */

export const sequence = (...members: readonly Buffer[]): Buffer => raw(0x30, Buffer.concat(members))
export const set = (...members: readonly Buffer[]): Buffer => raw(0x31, Buffer.concat(members))
export const explicit = (tag: number, value: Buffer): Buffer => raw(0xa0 | tag, value)
export const octetString = (value: Buffer): Buffer => raw(0x04, value)
export const utf8 = (text: string): Buffer => raw(0x0c, Buffer.from(text))
export const boolean = (value: boolean): Buffer => raw(0x01, Buffer.from([value ? 0xff : 0]))
export const bitString = (value: Buffer, unusedBits = 0): Buffer =>
  raw(0x03, Buffer.concat([Buffer.from([unusedBits]), value]))

/** A positive integer of any length: shortest form, and a zero in front where the first bit would be read as the sign. */
export function integer(value: Buffer): Buffer {
  const start = value.findIndex((byte) => byte !== 0)
  const digits = value.subarray(start === -1 ? value.length - 1 : start)
  const isSignBitSet = (digits[0] ?? 0) >= 0x80
  return raw(0x02, isSignBitSet ? Buffer.concat([Buffer.from([0]), digits]) : digits)
}

/** UTCTime, which certificates use until 2049 (RFC 5280 4.1.2.5). */
export function time(epochMs: number): Buffer {
  const digits = new Date(epochMs).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return raw(0x17, Buffer.from(digits.slice(2)))
}

/** The first two numbers share a byte, the others are written in groups of seven bits. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return raw(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(sevenBitGroups)]))
}

function sevenBitGroups(value: number): number[] {
  const groups = [value & 0x7f]
  for (let left = value >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80)
  return groups
}

/** Tag, length, value. */
export function raw(tag: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), lengthBytes(value.length), value])
}

function lengthBytes(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  if (length < 0x100) return Buffer.from([0x81, length])
  return Buffer.from([0x82, length >> 8, length & 0xff])
}

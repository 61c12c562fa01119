/** The SHA-256 of a text, in hex digits. */
export type Sha256Hex = (text: string) => string | Promise<string>

/** By Web Crypto, which is everywhere, but hands each text to another thread. */
export async function sha256Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

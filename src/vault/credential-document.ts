import {
  AuthError,
  parseAuthFile,
  parseJsonObject,
  readObject,
  Secret,
  serializeAuthFile,
  type ChatgptCredential,
  type Credential,
  type JsonObject,
} from '../core/index.js'

/**
 * What a credential's tokens say, beside the tokens: whoever writes has parsed them, and whoever reads can trust it, since the whole text is
 * authenticated. Decoding two tokens at every read would cost more than reading the row.
 */
type Facts = Omit<ChatgptCredential, 'idToken' | 'accessToken' | 'refreshToken' | 'document'>

/** To be raised when more is read from tokens than before: what an older version wrote is parsed anew then. */
const version = 2

/** Before the first line break; the tokens and the document follow, one after the other. JSON would have to look at each of their characters. */
type Head = [version: typeof version, idToken: number, accessToken: number, refreshToken: number, facts: Facts]

/** The text that is encrypted for a credential. */
export function serializeCredential(credential: ChatgptCredential): string {
  const { idToken, accessToken, refreshToken, document: _document, ...facts } = credential
  const tokens = [idToken, accessToken, refreshToken].map((token) => token?.reveal() ?? '')
  const lengths = tokens.map(({ length }) => length)
  return `${JSON.stringify([version, ...lengths, facts])}\n${tokens.join('')}${toRemainder(credential)}`
}

/**
 * Reads what `serializeCredential` wrote, or the text of an `auth.json`.
 *
 * @returns `undefined` when the text holds no credential
 * @throws AuthError `ERR_STORE_CORRUPT`
 */
export function parseCredential(text: string): Credential | undefined {
  // An `auth.json` is an object, ours begins with a list.
  if (!text.startsWith('[')) return parseAuthFile(text)
  const start = text.indexOf('\n') + 1
  const [, idLength, accessLength, refreshLength, facts] = parseHead(text.slice(0, start))
  const accessStart = start + idLength
  const refreshStart = accessStart + accessLength
  const end = refreshStart + refreshLength
  return {
    ...facts,
    idToken: new Secret(text.slice(start, accessStart)),
    accessToken: new Secret(text.slice(accessStart, refreshStart)),
    ...(refreshLength > 0 && { refreshToken: new Secret(text.slice(refreshStart, end)) }),
    ...(end < text.length && { document: new Secret(text.slice(end)) }),
  }
}

function parseHead(line: string): Head {
  const head = parseList(line)
  if (isHead(head)) return head
  throw new AuthError(
    'ERR_STORE_CORRUPT',
    'A credential of the vault was written by another version of this package.',
    {
      advice: 'Update this package.',
    },
  )
}

/** The rest was written together with the version, by one who has the key. */
function isHead(head: unknown[]): head is Head {
  return head[0] === version
}

function parseList(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value)) return value
  } catch {
    // The parser's own error quotes the text.
  }
  throw new AuthError('ERR_STORE_CORRUPT', 'A credential of the vault is not what the vault writes.')
}

/** The document without its tokens, where it has members that would be lost without it. */
function toRemainder(credential: ChatgptCredential): string {
  const { document, ...known } = credential
  if (!document || serializeAuthFile(credential) === serializeAuthFile(known)) return ''
  const file = parseJsonObject(document.reveal()) ?? {}
  return JSON.stringify({ ...file, tokens: withoutTokens(readObject(file, 'tokens')) })
}

/** In their places, so that the document keeps its order. */
function withoutTokens(tokens: JsonObject | undefined): JsonObject {
  const blank = { id_token: null, access_token: null, refresh_token: null }
  return Object.fromEntries(Object.entries(tokens ?? {}).map(([name, value]) => [name, name in blank ? null : value]))
}

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isAuthError,
  parseAuthFile,
  Secret,
  serializeAuthFile,
  codexProvider,
  type ChatgptCredential,
} from '../../src/core/index.js'
import { toCredential } from '../../src/core/oauth.js'
import { withRefreshedTokens } from '../../src/core/credential.js'
import { authDocument, authText, startMs } from '../support/auth-document.js'
import { accessToken, idToken } from '../support/jwt.js'
import { parseChatgpt } from '../support/signed-in.js'

const known = new Set(
  (
    'auth_mode OPENAI_API_KEY tokens last_refresh personal_access_token bedrock_api_key bedrock_access_keys ' +
    'id_token access_token refresh_token oauth_provenance login_owner_id account_id issuer client_id'
  ).split(' '),
)

/** Members that some later version may add, at any depth and under any name, `__proto__` among them. */
const unknownMembers = fc
  .array(fc.tuple(fc.oneof(fc.string(), fc.constant('__proto__'), fc.constant('constructor')), fc.jsonValue()))
  .map((entries) => Object.fromEntries(entries.filter(([name]) => !known.has(name))))

const token = fc.base64String({ minLength: 1 }).map((text) => text.replaceAll(/[^\w]/g, '-'))

const documents = fc
  .record({ top: unknownMembers, inner: unknownMembers, provenance: unknownMembers, refresh: token })
  .map(({ top, inner, provenance, refresh }) => {
    const base = authDocument()
    const oauth = { ...(base.tokens['oauth_provenance'] as object), ...provenance }
    return { ...base, ...top, tokens: { ...base.tokens, ...inner, refresh_token: refresh, oauth_provenance: oauth } }
  })

/** What is left when the members that our writes may change are taken out. */
function unknownOf(text: string): string {
  const isOurs = (key: string) => known.has(key) && !['tokens', 'oauth_provenance'].includes(key)
  return JSON.stringify(JSON.parse(text), (key, value: unknown) => (isOurs(key) ? undefined : value))
}

function refreshed(credential: ChatgptCredential): ChatgptCredential {
  const tokens = { accessToken: new Secret(accessToken(startMs)), refreshToken: new Secret('next') }
  return withRefreshedTokens(credential, tokens, startMs)
}

function signedInAgain(credential: ChatgptCredential): ChatgptCredential {
  const tokens = {
    idToken: new Secret(idToken()),
    accessToken: new Secret(accessToken(startMs)),
    refreshToken: new Secret('new'),
  }
  return toCredential({ provider: codexProvider, tokens, nowMs: startMs, replaces: credential })
}

describe('any document', () => {
  it('comes back byte for byte when nothing changed', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const text = authText(document)
        expect(serializeAuthFile(parseChatgpt(text))).toBe(text)
      }),
    )
  })

  it.each([
    ['a refresh', refreshed],
    ['a new sign-in', signedInAgain],
  ])('keeps its unknown members, at every level, through %s', (_, change) => {
    fc.assert(
      fc.property(documents, (document) => {
        const text = authText(document)
        expect(unknownOf(serializeAuthFile(change(parseChatgpt(text))))).toBe(unknownOf(text))
      }),
    )
  })

  it('is read as the same credential after it was written', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const credential = refreshed(parseChatgpt(authText(document)))
        expect(plain(parseChatgpt(serializeAuthFile(credential)))).toEqual(plain(credential))
      }),
    )
  })
})

const outcomes = ['chatgpt', 'apikey', 'personalAccessToken', 'agentIdentity', 'bedrock', 'nobody', 'corrupt']

describe('any text', () => {
  it('is a credential, nobody, or ERR_STORE_CORRUPT; never a crash', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.tuple(fc.json(), fc.json()).map(([mode, tokens]) => `{"auth_mode":${mode},"tokens":${tokens}}`),
      documents.chain((document) => mutated(authText(document))),
    )
    fc.assert(
      fc.property(texts, (text) => {
        expect(outcomes).toContain(outcomeOf(text))
      }),
      { numRuns: 500 },
    )
  })

  it('is reported at every truncation of a real file', () => {
    const text = authText()
    for (let length = 0; length < text.length; length += 1) {
      expect(outcomeOf(text.slice(0, length)), `the first ${length} characters`).toBe('corrupt')
    }
  })
})

/** The text with one stretch replaced by another. */
function mutated(text: string): fc.Arbitrary<string> {
  return fc
    .tuple(fc.nat(text.length), fc.nat(20), fc.string({ maxLength: 10 }))
    .map(([start, length, instead]) => text.slice(0, start) + instead + text.slice(start + length))
}

function outcomeOf(text: string): string {
  try {
    return parseAuthFile(text)?.mode ?? 'nobody'
  } catch (error) {
    if (isAuthError(error) && error.code === 'ERR_STORE_CORRUPT') return 'corrupt'
    throw error
  }
}

/** The credential with its secrets shown, and without the document, which a write replaces. */
function plain(credential: ChatgptCredential): unknown {
  const { document: _, ...members } = credential
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value]),
  )
}

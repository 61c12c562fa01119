import { describe, expect, it } from 'vitest'
import { parseAuthFile, serializeAuthFile, type Credential } from '../../src/core/index.js'
import { createEmulator } from '../../src/testing/index.js'
import { sampleAuthText } from '../../src/testing/sample-auth-text.js'
import { parseCredential, serializeCredential } from '../../src/vault/credential-document.js'
import { caughtCode } from '../support/caught.js'
import { credentialFrom, parseChatgpt } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'

/** With its secrets shown, so that two can be compared. */
const shown = (credential: Credential | undefined) =>
  Object.fromEntries(
    Object.entries(credential ?? {}).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'object' && value && 'reveal' in value ? (value.reveal as () => string)() : value,
    ]),
  )

describe('a credential as the vault writes it', () => {
  it('comes back with all that its tokens say, without a token being parsed', async () => {
    const { document: _document, ...credential } = await credentialFrom(createEmulator({ signingKey }))
    const opaque = { ...credential, identity: { isFedramp: false, email: 'of the writer@example.test' } }
    expect(shown(parseCredential(serializeCredential(opaque)))).toEqual(shown(opaque))
  })

  it('keeps a missing refresh token missing, and characters of every length', () => {
    const text = sampleAuthText('größe 🙂').replace(/"refresh_token": "[^"]*"/, '"refresh_token": ""')
    const credential = parseChatgpt(text)
    const again = parseCredential(serializeCredential(credential))
    expect(again).not.toHaveProperty('refreshToken')
    expect(again && 'accountId' in again && again.accountId).toBe('größe 🙂')
    expect(serializeAuthFile(again as typeof credential)).toBe(serializeAuthFile(credential))
  })

  it('holds each token once, whatever the document it came with held', () => {
    const credential = parseChatgpt(sampleAuthText('once'))
    const text = serializeCredential(credential)
    for (const token of [credential.accessToken, credential.idToken, credential.refreshToken]) {
      expect(text.split(token?.reveal() ?? '').length).toBe(2)
    }
  })

  it('is read from an auth.json, too', () => {
    expect(shown(parseCredential(sampleAuthText('plain')))).toEqual(shown(parseAuthFile(sampleAuthText('plain'))))
  })

  it.each([
    ['of another version', '[3,1,1,1,{}]\nabc'],
    ['that is cut off', '[2,1,'],
    ['that is nothing', ''],
  ])('is refused %s', async (_what, text) => {
    expect(await caughtCode(() => parseCredential(text))).toBe('ERR_STORE_CORRUPT')
  })
})

import { describe, expect, it } from 'vitest'
import { parseAuthFile, Secret } from '../../src/core/index.js'
import { bearerTokens, chatgptTokens } from '../../src/core/external.js'
import { chooseCredentialSource, type CredentialCandidates } from '../../src/sources/index.js'
import { authDocument, authText } from '../support/auth-document.js'

const key = 'sk-proj-paid'
const hostTokens = chatgptTokens(new Secret('host-token'), { accountId: 'account-1' })
const stored = parseAuthFile(authText())
const storedKey = parseAuthFile(JSON.stringify({ auth_mode: 'apikey', OPENAI_API_KEY: key }))

interface Row {
  readonly when: string
  readonly given: Partial<CredentialCandidates>
  readonly from: string
  readonly mode: string
}

const rows: readonly Row[] = [
  { when: 'nothing is there', given: {}, from: 'nowhere', mode: 'none' },
  { when: 'somebody is signed in', given: { stored }, from: 'store', mode: 'chatgpt' },
  {
    when: 'a key was asked for',
    given: { environment: { CODEX_API_KEY: key, CODEX_ACCESS_TOKEN: 'at-1' }, hostTokens, stored, allowApiKey: true },
    from: 'CODEX_API_KEY',
    mode: 'apikey',
  },
  {
    when: 'a key lies about that nobody asked for',
    given: { environment: { CODEX_API_KEY: key }, stored },
    from: 'store',
    mode: 'chatgpt',
  },
  {
    when: 'a key is all there is, and nobody asked for it',
    given: { environment: { CODEX_API_KEY: key } },
    from: 'nowhere',
    mode: 'none',
  },
  {
    when: 'a host hands over tokens',
    given: { environment: { CODEX_ACCESS_TOKEN: 'at-1' }, hostTokens, stored },
    from: 'host',
    mode: 'chatgptAuthTokens',
  },
  {
    when: 'a host hands over a bearer',
    given: { hostTokens: bearerTokens(new Secret('bearer')), stored },
    from: 'host',
    mode: 'bearer',
  },
  {
    when: 'a personal access token is set',
    given: { environment: { CODEX_ACCESS_TOKEN: ' at-1\n' }, stored },
    from: 'CODEX_ACCESS_TOKEN',
    mode: 'personalAccessToken',
  },
  {
    when: 'an agent identity is set',
    given: { environment: { CODEX_ACCESS_TOKEN: 'eyJ.e30.x' }, stored },
    from: 'CODEX_ACCESS_TOKEN',
    mode: 'agentIdentity',
  },
  {
    when: 'variables are blank',
    given: { environment: { CODEX_API_KEY: ' ', CODEX_ACCESS_TOKEN: '\n' }, stored, allowApiKey: true },
    from: 'store',
    mode: 'chatgpt',
  },
  { when: 'a key is stored as the mode', given: { stored: storedKey }, from: 'store', mode: 'apikey' },
]

describe('the credential that is used', () => {
  it.each(rows)('is $mode from $from when $when', ({ given, from, mode }) => {
    expect(chooseCredentialSource({ environment: {}, stored: undefined, ...given })).toMatchObject({ from, mode })
  })

  it('is the plan when an old key lies beside it in the same file', () => {
    const file = authText({ ...authDocument(), auth_mode: 'chatgpt', OPENAI_API_KEY: key })
    const chosen = chooseCredentialSource({ environment: {}, stored: parseAuthFile(file), allowApiKey: true })
    expect(chosen).toMatchObject({ from: 'store', mode: 'chatgpt' })
  })

  it('is trimmed', () => {
    const chosen = chooseCredentialSource({ environment: { CODEX_ACCESS_TOKEN: ' at-1\n' }, stored: undefined })
    expect('token' in chosen && chosen.token.reveal()).toBe('at-1')
  })

  it('never comes from OPENAI_API_KEY', () => {
    const environment = { OPENAI_API_KEY: key, CODEX_API_KEY: undefined }
    expect(chooseCredentialSource({ environment, stored: undefined, allowApiKey: true }).mode).toBe('none')
  })
})

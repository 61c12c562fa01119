const unsigned = (claims: Record<string, unknown>) =>
  [{ alg: 'none' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.') + '.c2ln'

/** The text of an `auth.json` with members nobody knows. Everything in it that can tell one from another follows from `mark`. */
export function sampleAuthText(mark: string): string {
  const [refreshToken, accessToken] = sampleSecrets(mark)
  const document = {
    auth_mode: 'chatgpt',
    OPENAI_API_KEY: null,
    tokens: {
      id_token: unsigned({ email: 'conformance@example.test' }),
      access_token: accessToken,
      refresh_token: refreshToken,
      account_id: mark,
      unknown_token_member: { kept: ['as', 'it', 'is'] },
    },
    last_refresh: '2026-01-01T00:00:00.123456789Z',
    unknown_member: 'kept as it is',
  }
  return JSON.stringify(document, undefined, 2)
}

/** The two tokens in it that nobody may print. */
export function sampleSecrets(mark: string): [refreshToken: string, accessToken: string] {
  return [`refresh-token-${mark}`, unsigned({ sub: `conformance ${mark}`, exp: 1_767_229_200 })]
}

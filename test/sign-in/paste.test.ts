import { describe, expect, it } from 'vitest'
import { codexProvider, createClientIdentity } from '../../src/core/index.js'
import { createAuthorizationAttempt } from '../../src/sign-in/authorization-attempt.js'
import { parsePastedCallback } from '../../src/sign-in/paste.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'

const state = 'n5HQ3Kv0b1yT-mQ_8sLw2dRzXc7fJpUoEiAgBhNtVlM'
const otherState = 'N5HQ3Kv0b1yT-mQ_8sLw2dRzXc7fJpUoEiAgBhNtVlM'
const code = 'ac_Q7h2.vXz-0LmK~9pW+r/T4'
const encodedCode = encodeURIComponent(code)
const query = `code=${encodedCode}&scope=openid+profile&state=${state}`
const url = `http://127.0.0.1:1455/auth/callback?${query}`
const parse = (text: string) => parsePastedCallback(text, { state }).reveal()

/** The text over lines of so many characters, as a narrow terminal gives it. */
function wrapAt(text: string, columns: number, { end = '\n', before = '', after = '' } = {}): string {
  const lines = text.match(new RegExp(`.{1,${columns}}`, 'g')) ?? []
  return lines.map((line) => `${before}${line}${after}`).join(end)
}

describe('a code is found in', () => {
  it.each([
    ['the whole address', url],
    [
      'an address of another scheme, host and port',
      url.replace('http://127.0.0.1:1455', 'https://box.example.test:8443'),
    ],
    ['an address of an app', url.replace('http://127.0.0.1:1455/auth', 'vscode://planpass/done')],
    ['an address without its scheme', url.replace('http://', '')],
    ['the query', `?${query}`],
    ['the query without its mark', query],
    ['the query the other way round', `?state=${state}&code=${encodedCode}`],
    ['the fragment', `http://localhost:1455/auth/callback#${query}`],
    ['code and state as some pages show them', `${code}#${state}`],
    ['the code alone', code],
    ['the code alone, as it stood in the address', encodedCode],
    ['the code alone, with padding', 'YWJjZGVmZ2hpamtsbW5vcA=='],
  ])('%s', (_, text) => {
    expect(parse(text)).toBe(text.startsWith('YW') ? text : code)
  })

  it.each([
    ['spaces around it', `  \t${url}  \n\n`],
    ['a non-breaking space and a zero-width one', `\u00A0\u200B${url}\uFEFF`],
    ['zero-width characters in it', url.split('').join('\u200B')],
    ['double quotes', `"${url}"`],
    ['single quotes and a full stop', `'${url}'.`],
    ['typographic quotes', `“${url}”`],
    ['angle brackets', `<${url}>`],
    ['backticks', `\`${url}\``],
    ['parentheses', `(${url})`],
    ['a link of Markdown', `[${url}](${url})`],
    ['a link of Markdown with a text', `[click here](${url})`],
    ['an attribute of HTML', `<a href="${url.replaceAll('&', '&amp;')}">${url.replaceAll('&', '&amp;')}</a>`],
    ['a command for a shell', `curl '${url}'`],
    ['the escapes of a shell', url.replaceAll(/[?&=]/g, String.raw`\$&`)],
    ['the marks of a bracketed paste', `\u001B[200~${url}\u001B[201~`],
    ['those marks without the escape character', `[200~${url}[201~`],
    ['colours', `\u001B[4;34m${url}\u001B[0m`],
    ['words before it', `The browser ended on ${url}`],
    ['words after it', `${url} is where I ended, thanks!`],
    ['a line before and one after it', `Here you are:\n${url}\nBest, Ada`],
    ['a second copy', `${url}\n${url}`],
    ['percent signs, encoded once too often', encodeURIComponent(url)],
    ['percent signs, encoded twice too often', encodeURIComponent(encodeURIComponent(url))],
    ['a code that was encoded once too often', url.replace(encodedCode, encodeURIComponent(encodedCode))],
  ])('an address with %s', (_, text) => {
    expect(parse(text)).toBe(code)
  })

  it.each([10, 20, 40, 80])('an address wrapped at %i columns', (columns) => {
    expect(parse(wrapAt(url, columns))).toBe(code)
    expect(parse(wrapAt(url, columns, { end: '\r\n' }))).toBe(code)
    expect(parse(wrapAt(url, columns, { end: ' ' }))).toBe(code)
    expect(parse(wrapAt(url, columns, { before: '  ', after: '      ' }))).toBe(code)
    expect(parse(wrapAt(url, columns, { before: '> ' }))).toBe(code)
    expect(parse(wrapAt(url, columns, { before: '│ ', after: ' │' }))).toBe(code)
    expect(parse(`<${wrapAt(url, columns)}>`)).toBe(code)
    expect(parse(wrapAt(encodeURIComponent(url), columns))).toBe(code)
  })

  it.each([4, 10, 20])('a code wrapped at %i columns', (columns) => {
    expect(parse(wrapAt(code, columns))).toBe(code)
    expect(parse(wrapAt(`${code}#${state}`, columns, { before: '  ', after: '  ' }))).toBe(code)
  })

  it('two addresses of which one is from this attempt', () => {
    const old = url.replace(state, otherState).replace('ac_', 'ac_old')
    expect(parse(`${old}\n${url}`)).toBe(code)
    expect(parse(`${url} ${old}`)).toBe(code)
  })
})

/** What is of no use, and a word of what is said about it. */
const useless: [string, string, string][] = [
  ['nothing', '', 'Nothing'],
  ['blanks', ' \n\u200B\t ', 'Nothing'],
  ['the address with another state', url.replace(state, otherState), 'another sign-in'],
  ['the address with half the state', url.slice(0, -20), 'another sign-in'],
  ['the address with more than the state', `${url}x`, 'another sign-in'],
  ['both states, the right one first', `${url}&state=${otherState}`, 'another sign-in'],
  ['both states, the right one last', `?state=${otherState}&${query}`, 'another sign-in'],
  ['a code with another state', `${code}#${otherState}`, 'another sign-in'],
  ['a refusal of another attempt', `?error=access_denied&state=${otherState}`, 'another sign-in'],
  ['two codes', `?code=ac_another&${query}`, 'two addresses'],
  ['a code without the state', `?code=${encodedCode}`, 'not the whole address'],
  ['a code with an empty state', `?code=${encodedCode}&state=`, 'not the whole address'],
  ['a refusal without the state', '?error=access_denied', 'not the whole address'],
  ['the state without a code', `?state=${state}`, 'not the whole address'],
  ['the state and an empty code', `?code=&state=${state}`, 'not the whole address'],
  ['a code and the mark before the state', `${code}#`, 'no code'],
  ['the state alone', state, 'no code'],
  ['the callback without its query', 'http://127.0.0.1:1455/auth/callback', 'no code'],
  ['the end of that', 'localhost:1455/auth/callback', 'no code'],
  ['an answer to another question', 'yes', 'no code'],
  ['a sentence', 'I do not know where I should look for it', 'no code'],
  ['half a code', 'ac_12', 'no code'],
  ['a device code', 'ABCD-12345', 'device code'],
  ['a device code in small letters', ' abcd-efgh ', 'device code'],
  ['an access token', 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln', 'token'],
  ['a header', 'Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln', 'token'],
  ['an API key', 'sk-proj-abcdefghijklmnopqrstuv', 'token'],
  ['a file of tokens', '{"tokens": {"access_token": "secret-of-ada", "account_id": "x"}}', 'token'],
  ['an address that holds a token', 'http://localhost:1455/success?id_token=eyJhbGciOiJSUzI1NiJ9.e30.c2ln', 'token'],
]

describe('a paste of no use', () => {
  it.each(useless)('is %s, and is told so without being repeated', async (_, text, word) => {
    const error = await caughtAuthError(() => parse(text))
    expect(error.code).toBe('ERR_SIGN_IN_PASTE')
    expect(error.summary).toContain(word)
    for (const part of text.match(/[\w.-]{12,}/g) ?? []) expect(error.message).not.toContain(part)
  })

  it('is the address the sign-in starts at, whose state is right', async () => {
    const attempt = await createAuthorizationAttempt({
      provider: codexProvider,
      identity: createClientIdentity(),
      redirectUri: 'http://127.0.0.1:1455/auth/callback',
    })
    for (const text of [attempt.authorizeUrl.href, encodeURIComponent(attempt.authorizeUrl.href)]) {
      const error = await caughtAuthError(() => parsePastedCallback(text, attempt))
      expect(error.code).toBe('ERR_SIGN_IN_PASTE')
      expect(error.summary).toBe('That is the address the sign-in starts at.')
      expect(error.message).not.toContain(attempt.state)
    }
  })

  it('says what to do next', async () => {
    expect((await caughtAuthError(() => parse('yes'))).advice).toContain('address bar')
    expect((await caughtAuthError(() => parse('yes'))).remedy).toBe('sign-in')
  })
})

describe('what the server says in a paste', () => {
  const refusal = (error: string, description = '') =>
    `http://127.0.0.1:1455/auth/callback?error=${error}&error_description=${description}&state=${state}`

  it('is what it would be in the callback', async () => {
    expect(await caughtCode(() => parse(refusal('access_denied')))).toBe('ERR_SIGN_IN_DENIED')
    expect(await caughtCode(() => parse(refusal('access_denied', 'missing_codex_entitlement')))).toBe(
      'ERR_SIGN_IN_NOT_ALLOWED',
    )
    expect(await caughtCode(() => parse(refusal('server_error')))).toBe('ERR_SIGN_IN_FAILED')
  })

  it('is found in a wrapped paste as well', async () => {
    const text = wrapAt(refusal('access_denied', 'The+person+said+no'), 24, { before: '  ' })
    expect((await caughtAuthError(() => parse(text))).summary).toContain('The person said no')
  })
})

describe('a code that was pasted', () => {
  it('is a secret', () => {
    const secret = parsePastedCallback(url, { state })
    expect(secret.toString() + JSON.stringify({ secret })).not.toContain(code)
  })
})

import { AuthError, Secret, type AuthorizationAttempt } from '../core/index.js'
import { readCallbackQuery, type CallbackReading } from './callback-query.js'
import { toOneWord, toPlain, toQueries } from './paste-text.js'

interface Mistake {
  readonly looksLike: RegExp
  readonly summary: string
  readonly advice?: string
}

const fromAnother = 'That is from another sign-in, and not from this one.'

/** What people paste instead. Nothing of it is ever repeated to them. */
const mistakes: readonly Mistake[] = [
  { looksLike: /^\s*$/, summary: 'Nothing was pasted.' },
  {
    looksLike: /(access|refresh|id)_token(?!\w)|(^\W*|["'`:]\s*|bearer\s+)(eyJ|sk-|at-|rt[._])[\w-]{8,}/i,
    summary: 'That holds a token, which belongs to nobody but you and is not what is asked for.',
    advice: 'Treat it as a password. Paste the address the browser ended on, which has `code=` in it.',
  },
  {
    looksLike: /\/oauth\/authorize|(code_challenge|response_type)(=|%3D)/i,
    summary: 'That is the address the sign-in starts at.',
    advice: 'Open it in a browser, sign in, and paste the address the browser ends on.',
  },
  {
    looksLike: /^\W*[A-Z0-9]{4}-[A-Z0-9]{4,5}\W*$/i,
    summary: 'That looks like a device code, which is typed on the sign-in page and not here.',
  },
]

/** What a paste is checked against. An attempt that is told more than a code takes whole addresses only. */
type PasteExpectation = Pick<AuthorizationAttempt, 'state' | 'receive'> &
  Partial<Pick<AuthorizationAttempt, 'redirectUri'>>

/**
 * The authorization code in what a person pasted: the address the browser ended on, whole or in part, wrapped, quoted or encoded once too
 * often. The state is compared wherever there is one; only a code on its own needs none, as PKCE ties it to this attempt.
 *
 * @throws AuthError `ERR_SIGN_IN_PASTE` when it is of no use, which ends nothing: ask again. Any other code is what the server said to this
 *   attempt. No message repeats what was pasted.
 * @example
 * const code = parsePastedCallback('http://127.0.0.1:1455/auth/callback?code=ac_1&state=' + attempt.state, attempt)
 */
export function parsePastedCallback(text: string, attempt: PasteExpectation): Secret {
  const { state } = attempt
  if (attempt.receive) return parseWholeAddress(text, attempt)
  const queries = toQueries(text)
  const readings = queries.filter(saysSomething).map((query) => readCallbackQuery(query, state))
  for (const reading of readings) {
    if (reading.kind === 'approved') return reading.code
    if (reading.kind === 'refused') throw reading.error
  }
  rejectMistake(text)
  if (queries.length > 0) throw useless(whatIsWrong(queries, readings))
  return parseWord(toOneWord(text) ?? '', state)
}

/** Where more than a code must come back, a part of the address is not enough, and another address is not ours (siwc 8). */
function parseWholeAddress(text: string, { state, redirectUri, receive }: PasteExpectation): Secret {
  const word = toOneWord(text) ?? ''
  const address = URL.canParse(word) ? new URL(word) : undefined
  const isOurs = address && address.origin + address.pathname === redirectUri
  if (!isOurs) {
    rejectMistake(text)
    throw useless('That is not the whole address the browser ended on.')
  }
  const reading = readCallbackQuery(address.searchParams, state, receive)
  if (reading.kind === 'approved') return reading.code
  if (reading.kind === 'refused') throw reading.error
  throw useless(reading.kind === 'ambiguous' ? 'That says something twice.' : fromAnother)
}

function rejectMistake(text: string): void {
  const plain = toPlain(text)
  const mistake = mistakes.find(({ looksLike }) => looksLike.test(plain))
  if (mistake) throw useless(mistake.summary, mistake.advice)
}

/** A state alone is no answer, neither yes nor no. */
function saysSomething(query: URLSearchParams): boolean {
  return Boolean(query.get('code')) || query.has('error')
}

function whatIsWrong(queries: readonly URLSearchParams[], readings: readonly CallbackReading[]): string {
  if (readings.some(({ kind }) => kind === 'ambiguous')) return 'That holds two addresses.'
  const isWhole = queries.some((query) => saysSomething(query) && query.get('state'))
  return isWhole ? fromAnother : 'That is not the whole address: `code=` or `state=` is missing.'
}

/** `code#state`, or a code on its own. */
function parseWord(word: string, state: string): Secret {
  const [code = '', given = ''] = word.split('#', 2)
  if (code && given) {
    const reading = readCallbackQuery(new URLSearchParams({ code, state: given }), state)
    if (reading.kind === 'approved') return reading.code
    throw useless(fromAnother)
  }
  if (!isCode(word) || word === state) throw useless('That has no code in it.')
  return new Secret(word)
}

/** Codes are long runs of characters that need no encoding; addresses have a port, a path or a query as well. */
function isCode(word: string): boolean {
  return /^[\w.~+/-]{16,}={0,2}$/.test(word) && !/^(localhost|127\.0\.0\.1)|\/auth\/|\/success/.test(word)
}

function useless(summary: string, advice?: string): AuthError {
  return new AuthError('ERR_SIGN_IN_PASTE', summary, advice === undefined ? {} : { advice })
}

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isAuthError } from '../../src/core/index.js'
import { parsePastedCallback } from '../../src/sign-in/paste.js'

const numRuns = 10_000

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const text = (alphabet: string, length: { minLength: number; maxLength: number }) =>
  fc.array(fc.constantFrom(...alphabet.split('')), length).map((characters) => characters.join(''))

const states = text(`${letters}-_`, { minLength: 43, maxLength: 43 })
/** As an issuer makes them; those that begin like a token are another test’s. */
const codes = fc
  .tuple(text(`${letters}-_.~+/`, { minLength: 16, maxLength: 80 }), fc.constantFrom(...letters.split('')))
  .map(([body, end]) => `ac_${body}${end}`)

interface Callback {
  readonly code: string
  readonly state: string
}

/** How a callback is written down. */
const addresses = fc.constantFrom(
  'http://127.0.0.1:1455/auth/callback?',
  'http://localhost:1457/auth/callback?',
  'http://[::1]:1455/auth/callback?',
  'https://box.example.test/auth/callback?next=%2Fhome&',
  'vscode://planpass/callback#',
  '127.0.0.1:1455/auth/callback?',
  '?',
  '#',
  '',
)
const orders = fc.constantFrom<(callback: Callback) => string>(
  ({ code, state }) => `code=${encodeURIComponent(code)}&state=${state}`,
  ({ code, state }) => `code=${encodeURIComponent(code)}&scope=openid+email%20x&state=${state}`,
  ({ code, state }) => `code=${encodeURIComponent(encodeURIComponent(code))}&state=${state}`,
  ({ code, state }) => `state=${state}&code=${encodeURIComponent(code)}`,
)
const encodings = fc.constantFrom<(text: string) => string>(
  (line) => line,
  (line) => encodeURIComponent(line),
  (line) => line.replaceAll('&', '&amp;'),
  (line) => line.replaceAll(/[?&=#]/g, String.raw`\$&`),
)
type Form = (callback: Callback) => string
const addressForms = fc.tuple(addresses, orders, encodings).map<Form>(
  ([address, order, encode]) =>
    (callback) =>
      encode(address + order(callback)),
)
const codeWithState: Form = ({ code, state }) => `${code}#${state}`
const codeAlone: Form = ({ code }) => code

/** What happens to it on its way. */
const quotes = fc.constantFrom<(line: string) => string>(
  (line) => line,
  (line) => `"${line}"`,
  (line) => `'${line}'`,
  (line) => `\`${line}\``,
  (line) => `<${line}>`,
  (line) => `(${line})`,
  (line) => `“${line}”`,
)
const invisible = fc
  .array(fc.tuple(fc.nat({ max: 200 }), fc.constantFrom('\u200B', '\u200D', '\u2060', '\uFEFF', '\u00AD')), {
    maxLength: 4,
  })
  .map(
    (marks) => (line: string) =>
      marks.reduce((marked, [at, mark]) => marked.slice(0, at) + mark + marked.slice(at), line),
  )
const wraps = fc
  .record({
    columns: fc.integer({ min: 5, max: 200 }),
    end: fc.constantFrom('\n', '\r\n', '\r', '\n\n'),
    before: fc.constantFrom('', ' ', '    ', '> ', '>> ', '│ ', '\t'),
    after: fc.constantFrom('', ' ', '       ', ' │', ' |'),
  })
  .map(({ columns, end, before, after }) => (line: string) => {
    const lines = Array.from({ length: Math.ceil(line.length / columns) }, (_, row) =>
      line.slice(row * columns, (row + 1) * columns),
    )
    return lines.map((part) => before + part + after).join(end)
  })
const surroundings = fc.constantFrom<(paste: string) => string>(
  (paste) => paste,
  (paste) => ` \n ${paste}\n\n`,
  (paste) => `\u001B[200~${paste}\u001B[201~`,
  (paste) => `[200~${paste}[201~`,
)
const ways = fc.tuple(quotes, invisible, wraps, surroundings).map(
  ([quote, mark, wrap, surround]) =>
    (line: string) =>
      surround(wrap(mark(quote(line)))),
)

/** The code that is taken from a paste, or the failure; anything else that is thrown fails the test. */
function outcomeOf(paste: string, state: string): { code: string } | { error: string; message: string } {
  try {
    return { code: parsePastedCallback(paste, { state }).reveal() }
  } catch (error) {
    if (!isAuthError(error)) throw error
    return { error: error.code, message: error.message }
  }
}

describe('10,000 pastes', () => {
  it('of an honest callback give its code, however they were wrapped, quoted and encoded', () => {
    const forms = fc.oneof({ weight: 4, arbitrary: addressForms }, fc.constantFrom(codeWithState, codeAlone))
    fc.assert(
      fc.property(codes, states, forms, ways, (code, state, write, send) => {
        expect(outcomeOf(send(write({ code, state })), state)).toEqual({ code })
      }),
      { numRuns },
    )
  })

  it('of a callback with a wrong state are never accepted, and never repeated', () => {
    const forms = fc.oneof({ weight: 4, arbitrary: addressForms }, fc.constant(codeWithState))
    const wrongs = fc.oneof(
      states.map((other) => () => other),
      fc.tuple(fc.nat({ max: 42 }), fc.constantFrom(...letters.split(''))).map(
        ([at, letter]) =>
          (state: string) =>
            state.slice(0, at) + letter + state.slice(at + 1),
      ),
      fc.nat({ max: 42 }).map((length) => (state: string) => state.slice(0, length)),
      fc.constantFrom(
        (state: string) => state.toLowerCase(),
        (state: string) => state.split('').toReversed().join(''),
      ),
    )
    fc.assert(
      fc.property(codes, states, wrongs, forms, ways, (code, state, spoil, write, send) => {
        const wrong = spoil(state)
        fc.pre(wrong !== state)
        const outcome = outcomeOf(send(write({ code, state: wrong })), state)
        expect(outcome).toMatchObject({ error: 'ERR_SIGN_IN_PASTE' })
        expect(JSON.stringify(outcome)).not.toContain(code)
        expect(JSON.stringify(outcome)).not.toContain(state)
      }),
      { numRuns },
    )
  })

  it('of anything else fail with an error of ours that repeats nothing, or are taken for a code alone', () => {
    const pieces = (code: string, state: string) =>
      fc.constantFrom(
        'code=',
        'state=',
        'error=',
        '&',
        '?',
        '#',
        '%',
        '%3D',
        '=',
        ' ',
        '\n',
        '\u001B[',
        '>',
        '"',
        code,
        state,
      )
    const given = fc.tuple(codes, states).chain(([code, state]) =>
      fc.record({
        code: fc.constant(code),
        state: fc.constant(state),
        paste: fc.oneof(
          fc.string({ unit: 'binary', maxLength: 200 }),
          fc
            .array(fc.oneof(pieces(code, state), fc.string({ maxLength: 6 })), { maxLength: 12 })
            .map((parts) => parts.join('')),
        ),
      }),
    )
    fc.assert(
      fc.property(given, ({ code, state, paste }) => {
        const outcome = outcomeOf(paste, state)
        const said = 'code' in outcome ? '' : outcome.message
        expect(said).not.toContain(code)
        expect(said).not.toContain(state)
      }),
      { numRuns },
    )
  })
})

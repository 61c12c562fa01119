import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../src/core/index.js'
import { editJson } from '../../src/stores/edit-json.js'

/** Spellings that `JSON.stringify` would not give back. */
const oddNumbers = ['1e3', '1.0', '-0', '0.10', '12345678901234567890', '1E+2', '5e-324']
const blanks = fc.array(fc.constantFrom(' ', '\n', '\t', '\r\n'), { maxLength: 3 }).map((parts) => parts.join(''))
/** The engine of Node 24 and 26 takes an escaped key for one with a backslash that it has read in the same place before (nodejs/node#63785). */
const misreadsKeys =
  Object.hasOwn(JSON.parse('{"of the engine":1,"\\\\":2}') as object, '\\') &&
  !Object.hasOwn(JSON.parse('{"of the engine":1,"\\"":2}') as object, '"')
const isReadWell = (text: string) => !misreadsKeys || !text.includes('\\')
const keys = fc
  .oneof(
    fc.constantFrom('a', 'b', 'c', 'tokens', '__proto__', 'constructor', '', '"', '\\'),
    fc.string({ maxLength: 4, unit: 'binary' }),
  )
  .filter(isReadWell)
const anyValues = (fc.jsonValue() as fc.Arbitrary<JsonValue>).filter((value) => isReadWell(JSON.stringify(value)))

const strings = fc.tuple(fc.string({ unit: 'binary', maxLength: 6 }), fc.boolean()).map(([text, isEscaped]) => {
  if (!isEscaped) return JSON.stringify(text)
  const escaped = Array.from({ length: text.length }, (_, index) =>
    text.charCodeAt(index).toString(16).padStart(4, '0'),
  )
  return `"${escaped.map((digits) => `\\u${digits}`).join('')}"`
})

const { value: texts, object: objectTexts } = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.constantFrom('null', 'true', 'false', ...oddNumbers), strings),
    fc.tuple(fc.array(fc.tuple(blanks, tie('value'), blanks), { maxLength: 3 })).map(([items]) => `[${join(items)}]`),
    tie('object'),
  ),
  object: fc
    .tuple(
      fc.uniqueArray(fc.tuple(blanks, keys, blanks, blanks, tie('value'), blanks), {
        maxLength: 4,
        selector: ([, key]) => key,
      }),
      blanks,
    )
    .map(([members, inside]) => {
      const parts = members.map(([a, key, b, c, value, d]) => `${a}${JSON.stringify(key)}${b}:${c}${value}${d}`)
      return `{${parts.length === 0 ? inside : parts.join(',')}}`
    }),
}))

function join(items: readonly (readonly string[])[]): string {
  return items.map((parts) => parts.join('')).join(',')
}

const documents = fc.tuple(blanks, objectTexts, blanks).map((parts) => parts.join(''))

function parse(text: string): JsonObject {
  return JSON.parse(text) as JsonObject
}

/** Of an object, some members changed, some removed, some added, at any depth. */
function changed(object: JsonObject): fc.Arbitrary<JsonObject> {
  const kept = Object.entries(object).map(([key, value]) =>
    fc
      .oneof(
        { weight: 4, arbitrary: fc.constant(value) },
        { weight: 1, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: texts.map((text) => JSON.parse(text) as JsonValue) },
        isObject(value) ? changed(value) : fc.constant(value),
      )
      .map((next) => [key, next] as const),
  )
  const added = fc.array(fc.tuple(keys, anyValues), { maxLength: 2 })
  return fc
    .tuple(fc.tuple(...kept), added)
    .map(([members, more]) => fromEntries([...members.filter(([, value]) => value !== undefined), ...more]))
}

/** Also with a member `__proto__` of its own, as the parser makes it. */
function fromEntries(entries: Iterable<readonly [string, JsonValue | undefined]>): JsonObject {
  return Object.fromEntries(entries)
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

describe('any edit of any JSON object', () => {
  it('gives the text of what it was to become', () => {
    fc.assert(
      fc.property(
        documents.chain((text) => fc.tuple(fc.constant(text), changed(parse(text)))),
        ([text, after]) => {
          expect(JSON.stringify(sorted(parse(editJson(text, after))))).toBe(JSON.stringify(sorted(after)))
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('changes no byte when nothing is to change', () => {
    fc.assert(
      fc.property(documents, (text) => {
        expect(editJson(text, parse(text))).toBe(text)
      }),
    )
  })

  it('keeps the bytes of every member it does not change, in their order', () => {
    fc.assert(
      fc.property(documents, fc.nat(), fc.uuid(), (text, pick, value) => {
        const before = parse(text)
        const key = Object.keys(before)[pick % Math.max(Object.keys(before).length, 1)]
        fc.pre(key !== undefined)
        const edited = editJson(text, fromEntries([...Object.entries(before), [key ?? '', value]]))
        const [head = '', tail = ''] = edited.split(JSON.stringify(value))
        expect(text.startsWith(head)).toBe(true)
        expect(text.endsWith(tail)).toBe(true)
        const replaced = text.slice(head.length, text.length - tail.length)
        expect(JSON.parse(replaced)).toEqual(before[key ?? ''])
      }),
      { numRuns: 500 },
    )
  })

  it('is undone by the edit back, members that were removed or changed aside', () => {
    fc.assert(
      fc.property(documents, anyValues, (text, value) => {
        const before = parse(text)
        fc.pre(!Object.hasOwn(before, 'new') && Object.keys(before).length > 0)
        expect(editJson(editJson(text, { ...before, new: value }), before)).toBe(text)
      }),
    )
  })
})

/** The order of members aside, which only the text has. */
function sorted(value: JsonValue | undefined): JsonValue | undefined {
  if (Array.isArray(value)) return value.map((item) => sorted(item) ?? null)
  if (!isObject(value)) return value
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return fromEntries(entries.map(([key, member]) => [key, sorted(member)]))
}

describe('the layout', () => {
  const text = '{\n    "auth_mode" : "chatgpt",\n    "n": 1.50,\n    "tokens": {\n        "a": "\\u0041"\n    }\n}\n'

  it('of a new member is that of its neighbours', () => {
    expect(editJson(text, { ...parse(text), tokens: { a: 'A', b: 'x' } })).toBe(
      '{\n    "auth_mode" : "chatgpt",\n    "n": 1.50,\n    "tokens": {\n        "a": "\\u0041",\n        "b": "x"\n    }\n}\n',
    )
    expect(editJson('{"a":1}', { a: 1, b: { c: [2] } })).toBe('{"a":1,"b":{"c":[2]}}')
  })

  it('of an object in place of something else is indented as its line is', () => {
    expect(editJson('{\n  "tokens": null\n}', { tokens: { a: 1 } })).toBe('{\n  "tokens": {\n    "a": 1\n  }\n}')
  })

  it('has no comma too many after a removal', () => {
    const { auth_mode: mode, n, tokens } = parse(text)
    expect(editJson(text, { n, tokens })).toBe('{\n    "n": 1.50,\n    "tokens": {\n        "a": "\\u0041"\n    }\n}\n')
    expect(editJson(text, { auth_mode: mode, tokens })).not.toContain('1.50')
    expect(editJson(text, { auth_mode: mode })).toBe('{\n    "auth_mode" : "chatgpt"\n}\n')
    expect(editJson(text, {})).toBe('{}\n')
  })
})

it('replaces the last of two members with one name, which is the one that counts', () => {
  expect(editJson('{"a":1,"a":2}', { a: 3 })).toBe('{"a":1,"a":3}')
})

it('refuses what is not an object', () => {
  expect(() => editJson('[]', {})).toThrow(TypeError)
})

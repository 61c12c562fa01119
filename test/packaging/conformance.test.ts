import { describe, expect, it } from 'vitest'
import { findProblems, readConformance, toPage } from '../../tools/generate-conformance.mjs'
import { packageFolder } from './manifest.js'

const testFile = `
describe('a store', () => {
  it('keeps what it is given', () => {})
  it.each([['file'], ['memory']])('is made of %s', () => {})
  it(\`takes \${count} callers\`, () => {})
})
it('is not in a describe', () => {})
`

interface Answer {
  readonly name?: string
  readonly file?: string
  readonly title?: string
  readonly notApplicable?: string
}

const kept = { file: 'test/store.test.ts', title: 'a store > keeps what it is given' }

/** A repository in which two upstream names are answered so, and whose page says what it should. */
function conformanceOf(first: Answer, ...more: readonly Answer[]) {
  const sources = { upstream: { heading: 'Upstream', names: ['keeps', 'deletes'] } }
  const inFile = (answer: Answer) => ({ source: 'upstream', from: 'core.json', ...answer })
  const second = { name: 'deletes', notApplicable: 'Nothing is ever deleted.' }
  const answers = [{ name: 'keeps', ...first }, second, ...more].map(inFile)
  const readTestFile = (path: string) => (path === kept.file ? testFile : undefined)
  const conformance = { sources, answers, page: '', readTestFile }
  return { ...conformance, page: toPage(conformance) }
}

describe('docs/conformance.md', () => {
  it('answers for every name of the upstream lists, and is what the generator writes', () => {
    expect(findProblems(readConformance(packageFolder))).toEqual([])
  })

  it('cannot be old', () => {
    const conformance = conformanceOf(kept)
    expect(findProblems(conformance)).toEqual([])
    expect(findProblems({ ...conformance, page: `${conformance.page} ` })).toEqual([
      'docs/conformance.md is old. Write it anew: node tools/generate-conformance.mjs',
    ])
  })

  it.each([
    'a store > keeps what it is given',
    'a store > is made of %s',
    'a store > is made of memory',
    'a store > takes 3 callers',
    'is not in a describe',
  ])('may name a test by the title it has or gets: %s', (title) => {
    expect(findProblems(conformanceOf({ ...kept, title }))).toEqual([])
  })

  it.each<[string, Answer[], string]>([
    ['a file that is not there', [{ ...kept, file: 'test/gone.test.ts' }], 'there is no test/gone.test.ts'],
    ['a title that is in no file', [{ ...kept, title: 'a store > keeps nothing' }], 'has no test'],
    ['a title without its describe', [{ ...kept, title: 'keeps what it is given' }], 'has no test'],
    ['a describe in the place of a test', [{ ...kept, title: 'a store' }], 'has no test'],
    ['no reason', [{ notApplicable: ' ' }], 'without a reason'],
    ['both a test and a reason', [{ ...kept, notApplicable: 'No.' }], 'has no answer, or two'],
    ['neither a test nor a reason', [{}], 'has no answer, or two'],
    ['a name twice', [kept, { name: 'keeps', ...kept }], 'has an answer already'],
    ['a name that is in no list', [kept, { name: 'grows', ...kept }], 'upstream has no "grows"'],
    ['one name less', [{ ...kept, name: 'deletes' }], 'nothing answers for "keeps"'],
  ])('is refused with %s', (_, [first = {}, ...more], problem) => {
    expect(findProblems(conformanceOf(first, ...more)).join('\n')).toContain(problem)
  })
})

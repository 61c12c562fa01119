import { describe, expect, it } from 'vitest'
import { createFormat } from '../../src/console/page/create-format.js'
import { textOf } from '../../src/console/page/element.js'
import { chooseLanguage, languages, languageTags, type Words } from '../../src/console/page/languages.js'
import { viewNames } from '../../src/console/page/page-state.js'
import { viewPage } from '../../src/console/page/view-page.js'
import { everyState } from './every-state.js'
import { sampleScene, sampleState } from './sample-state.js'

interface Tree {
  readonly [key: string]: unknown
}

function leavesOf(tree: Tree, path = ''): (readonly [path: string, leaf: unknown])[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null
      ? leavesOf(value as Tree, `${path}${key}.`)
      : [[`${path}${key}`, value] as const],
  )
}

const english = leavesOf(languages.en)
const kindOf = (leaf: unknown) => (typeof leaf === 'function' ? `function of ${leaf.length}` : typeof leaf)

/** The words, and a note of each that was read. */
function watched(tree: Tree, read: Set<string>, path = ''): Tree {
  return new Proxy(tree, {
    get(target, key) {
      const value = target[String(key)]
      const at = `${path}${String(key)}`
      if (typeof value === 'object' && value !== null) return watched(value as Tree, read, `${at}.`)
      read.add(at)
      return value
    },
  })
}

/** Said by what is done, not by what is shown. */
const saidByActions = ['copyFailed', 'failures.unreachable', 'failures.unreachableAdvice']

describe('the words of the console', () => {
  it.each(languageTags)('are all there in %s, and take what the English ones take', (tag) => {
    const told = leavesOf(languages[tag])
    expect(told.map(([path, leaf]) => [path, kindOf(leaf)])).toEqual(
      english.map(([path, leaf]) => [path, kindOf(leaf)]),
    )
    const texts = told.map(([, leaf]) => (typeof leaf === 'function' ? leaf('1', '2', '3', '4') : leaf) as string)
    expect(texts.filter((text) => text.trim() === '' || text.includes('undefined'))).toEqual([])
  })

  it('use what they are given', () => {
    const careless = languageTags.flatMap((tag) =>
      leavesOf(languages[tag]).flatMap(([path, leaf]) => {
        if (typeof leaf !== 'function') return []
        const given = Array.from({ length: leaf.length }, (_, index) => `«${index}»`)
        const text: string = leaf(...given)
        return given.every((one) => text.includes(one)) ? [] : [`${tag} ${path}`]
      }),
    )
    expect(careless).toEqual([])
  })

  it('are each shown somewhere', () => {
    const read = new Set(saidByActions)
    const words = watched(languages.en, read) as unknown as Words
    for (const [view, change] of everyState) {
      const scene = sampleScene(sampleState(change, view))
      viewPage({ ...scene, words, format: createFormat(words) })
    }
    expect(english.map(([path]) => path).filter((path) => !read.has(path))).toEqual(['languageName'])
  })

  it.each(languageTags)('say something in every state in %s, and never that something is undefined', (tag) => {
    const texts = everyState.map(([view, change]) => textOf(viewPage(sampleScene(sampleState(change, view), tag))))
    expect(texts.filter((text) => /undefined|null|NaN|\[object/.test(text))).toEqual([])
  })

  it('leave no English on a Chinese page but what the gateway says', () => {
    const shown = viewNames.map((view) => textOf(viewPage(sampleScene(sampleState({}, view), 'zh-Hans'))))
    const own = leavesOf(languages.en).flatMap(([, leaf]) =>
      typeof leaf === 'string' && leaf.length > 12 ? [leaf] : [],
    )
    expect(own.filter((text) => shown.some((page) => page.includes(text)))).toEqual([])
  })
})

describe('the language', () => {
  it.each([
    [['zh-CN', 'en'], 'zh-Hans'],
    [['zh-Hant-TW'], 'zh-Hans'],
    [['fr-FR', 'en-GB', 'zh'], 'en'],
    [['fr-FR'], 'en'],
    [[], 'en'],
  ])('of somebody who prefers %j is %s', (preferred, language) => {
    expect(chooseLanguage(preferred)).toBe(language)
  })
})

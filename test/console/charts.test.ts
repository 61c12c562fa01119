import { describe, expect, it } from 'vitest'
import { element, textOf, type PageElement, type PageNode } from '../../src/console/page/element.js'
import { elapsedPercent, gauge } from '../../src/console/page/gauge.js'
import { historyRange, toSeries } from '../../src/console/page/history-series.js'
import { historySection } from '../../src/console/page/history-section.js'
import { lastDays, tokenDays } from '../../src/console/page/token-days.js'
import { cacheShare, partsOf, tokenShares } from '../../src/console/page/token-shares.js'
import { counts, dayMs, hourMs, longWindow, nowMs, sampleScene, sampleState, shortWindow } from './sample-state.js'

const scene = sampleScene(sampleState())

function find(node: PageNode, matches: (found: PageElement) => boolean): PageElement[] {
  if (typeof node === 'string') return []
  return [...(matches(node) ? [node] : []), ...node.children.flatMap((child) => find(child, matches))]
}

function attributesOf(node: PageNode, className: string, name: string): (string | undefined)[] {
  return find(node, ({ attributes }) => attributes.get('class')?.split(' ').includes(className) ?? false).map(
    ({ attributes }) => attributes.get(name),
  )
}

describe('a gauge', () => {
  it('says what it shows: how much is used, when it begins anew, and how far its time is', () => {
    const text = textOf(gauge(scene, shortWindow))
    expect(text).toContain('Within 5 hours')
    expect(text).toContain('37% used')
    expect(text).toContain('Resets in 1 h')
    expect(text).toContain('80% of the time has passed')
  })

  it.each([
    [0, '0 200'],
    [37, '37 200'],
    [140, '100 200'],
    [-3, '0 200'],
  ])('that is used by %i percent is drawn as %s', (usedPercent, dashes) => {
    expect(attributesOf(gauge(scene, { ...shortWindow, usedPercent }), 'dial-value', 'stroke-dasharray')).toEqual([
      dashes,
    ])
  })

  it.each([
    [89, 'calm', undefined],
    [90, 'almost', 'Almost used up'],
    [100, 'reached', 'Used up'],
  ])('at %i percent is %s, and says so in words', (usedPercent, level, words) => {
    const drawn = gauge(scene, { ...shortWindow, usedPercent })
    expect(drawn.attributes.get('class')).toBe(`gauge ${level}`)
    expect(textOf(drawn).includes(words ?? 'sed up')).toBe(words !== undefined)
  })

  it('tells no reset and no passing of time that the backend does not tell', () => {
    const { limit, name, usedPercent } = shortWindow
    const drawn = gauge(scene, { limit, name, usedPercent })
    expect(textOf(drawn)).toContain('No reset is told')
    expect(attributesOf(drawn, 'dial-notch', 'd')).toEqual([])
  })

  it('names the feature that a limit is for', () => {
    expect(textOf(gauge(scene, { ...shortWindow, limit: 'codex_sparks', name: 'Sparks' }))).toContain(
      'Sparks · Within 5 hours',
    )
  })

  it('keeps the passing of time between nothing and all, whatever the clocks say', () => {
    expect(elapsedPercent({ ...shortWindow, resetsAtMs: nowMs - dayMs }, nowMs)).toBe(100)
    expect(elapsedPercent({ ...shortWindow, resetsAtMs: nowMs + 9 * dayMs }, nowMs)).toBe(0)
  })
})

describe('the history', () => {
  const samples = [
    { atMs: nowMs - 60 * hourMs, windows: [shortWindow] },
    { atMs: nowMs - 24 * hourMs, windows: [shortWindow, longWindow] },
    { atMs: nowMs - hourMs, windows: [{ ...shortWindow, usedPercent: 120 }] },
  ]

  it('has a line for each window, of what lies within the time it shows', () => {
    const [first, second, ...more] = toSeries(samples, historyRange('hour', nowMs))
    expect(more).toEqual([])
    expect(first?.points.map(({ x, percent }) => [Math.round(x), percent])).toEqual([
      [50, 37],
      [98, 100],
    ])
    expect(second?.points.map(({ percent }) => percent)).toEqual([94])
  })

  it('says in a table what the lines say', () => {
    const history = { every: 'hour' as const, samples }
    const drawn = historySection(sampleScene(sampleState({ history })))
    const cells = find(drawn, ({ tag }) => tag === 'td').map(textOf)
    expect(cells).toEqual(['100%', '–', '37%', '94%'])
    expect(find(drawn, ({ attributes }) => attributes.get('role') === 'img')[0]?.attributes.get('aria-label')).toBe(
      'Usage from Jan 29 12:00 to 12:00',
    )
  })

  it('tells lines apart by how they are drawn', () => {
    const drawn = historySection(sampleScene(sampleState({ history: { every: 'hour', samples } })))
    expect(find(drawn, ({ attributes }) => attributes.get('class')?.startsWith('series first') ?? false)).toHaveLength(
      2,
    )
    expect(find(drawn, ({ attributes }) => attributes.get('class')?.startsWith('series second') ?? false)).toHaveLength(
      2,
    )
  })

  it('shows a single moment as a dot, not as nothing', () => {
    const history = { every: 'day' as const, samples: samples.slice(-1) }
    const drawn = historySection(sampleScene(sampleState({ history })))
    expect(attributesOf(drawn, 'dot', 'd')).toEqual([expect.stringMatching(/^M[\d.]+ [\d.]+h0$/)])
  })
})

describe('the tokens', () => {
  it('are counted for each of the last days, also those without any', () => {
    const days = lastDays([{ day: '2026-01-30', ...counts }], nowMs, 3)
    expect(days.map(({ day, inputTokens }) => [day, inputTokens])).toEqual([
      ['2026-01-29', 0],
      ['2026-01-30', 1000],
      ['2026-01-31', 0],
    ])
  })

  it('are drawn in parts that lie side by side and make up the whole', () => {
    expect(partsOf(counts)).toEqual([
      { name: 'part-cached', start: 0, count: 250 },
      { name: 'part-input', start: 250, count: 750 },
      { name: 'part-output', start: 1000, count: 80 },
    ])
  })

  it('of nobody have no cache share, rather than one that is not a number', () => {
    expect(cacheShare(counts)).toBe(25)
    expect(cacheShare({ ...counts, inputTokens: 0, cachedTokens: 0 })).toBe(0)
  })

  it('of whoever used the most come first, with the longest bar', () => {
    const rows = [
      { name: 'small', ...counts },
      { name: 'big', ...counts, inputTokens: 2080, cachedTokens: 0 },
    ]
    const drawn = tokenShares(scene, { title: 'By client', nameTitle: 'Client', counts: rows })
    expect(
      find(drawn, ({ attributes }) => attributes.get('scope') === 'row')
        .map(textOf)
        .map((text) => text.trim()),
    ).toEqual(['big', 'small'])
    expect(attributesOf(drawn, 'part-output', 'width')).toEqual(['3.70', '3.70'])
    expect(attributesOf(drawn, 'part-input', 'width')).toEqual(['96.30', '34.72'])
  })

  it('of a day stand on the ground and reach as high as their share', () => {
    const drawn = tokenDays(scene, [{ day: '2026-01-31', ...counts }])
    const parts = ['part-cached', 'part-input', 'part-output'].map((name) => {
      return [attributesOf(drawn, name, 'y').at(-1), attributesOf(drawn, name, 'height').at(-1)]
    })
    expect(parts).toEqual([
      ['76.85', '23.15'],
      ['7.41', '69.44'],
      ['0.00', '7.41'],
    ])
  })
})

describe('an element', () => {
  it('leaves out what is not there, and keeps numbers as text', () => {
    const made = element('p', { hidden: true, title: undefined, tabindex: 0, lang: false }, 'a', false, null, '', [
      1,
      ['b'],
    ])
    expect([...made.attributes]).toEqual([
      ['hidden', ''],
      ['tabindex', '0'],
    ])
    expect(made.children).toEqual(['a', '1', 'b'])
  })
})

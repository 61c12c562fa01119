import type { TokenCounts } from '../../gateway/index.js'
import { element, type PageElement } from './element.js'
import { picture, table } from './parts.js'
import type { Scene } from './scene.js'

export interface Shares {
  readonly title: string
  /** What the rows are. */
  readonly nameTitle: string
  readonly counts: readonly ({ readonly name: string } & TokenCounts)[]
}

/** Who used how many tokens, the most first: a table with a bar in each row. */
export function tokenShares({ words, format }: Scene, { title, nameTitle, counts }: Shares): PageElement {
  const { tokens } = words
  const sorted = counts.toSorted((one, other) => sumOf(other) - sumOf(one))
  const most = Math.max(1, ...sorted.map(sumOf))
  const numbers = [tokens.input, tokens.output, tokens.cacheShare].map((text) => ({ title: text, class: 'number' }))
  const rows = sorted.map((row) => {
    const told = [format.short(row.inputTokens), format.short(row.outputTokens), format.percent(cacheShare(row))]
    return { key: row.name, cells: [[row.name, bar(row, most)], ...told] }
  })
  const columns = [{ title: nameTitle, class: 'share-name' }, ...numbers]
  return element('div', { class: 'shares' }, [element('h3', {}, title), table(title, columns, rows)])
}

/** The share of the input that came from the cache, of a hundred. */
export function cacheShare({ cachedTokens, inputTokens }: TokenCounts): number {
  return inputTokens === 0 ? 0 : (cachedTokens / inputTokens) * 100
}

export function sumOf({ inputTokens, outputTokens }: TokenCounts): number {
  return inputTokens + outputTokens
}

/** The tokens in the parts that a bar shows, from its beginning. */
export function partsOf({ cachedTokens, inputTokens, outputTokens }: TokenCounts): TokenPart[] {
  const parts = [
    { name: 'part-cached', count: cachedTokens },
    { name: 'part-input', count: inputTokens - cachedTokens },
    { name: 'part-output', count: outputTokens },
  ]
  let start = 0
  return parts.map(({ name, count }) => {
    const part = { name, start, count }
    start += count
    return part
  })
}

interface TokenPart {
  readonly name: string
  /** How many tokens lie before it. */
  readonly start: number
  readonly count: number
}

function bar(counts: TokenCounts, most: number): PageElement {
  const toWidth = (count: number) => ((count / most) * 100).toFixed(2)
  const rects = partsOf(counts).map(({ name, start, count }) =>
    element('rect', { class: name, x: toWidth(start), width: toWidth(count), height: 1 }),
  )
  return picture({ viewBox: '0 0 100 1', preserveAspectRatio: 'none', class: 'bar' }, rects)
}

export function partsLegend({ words: { tokens } }: Scene): PageElement {
  return element('ul', { class: 'legend' }, [
    legendItem('part-cached', tokens.cached),
    legendItem('part-input', tokens.uncached),
    legendItem('part-output', tokens.output),
  ])
}

function legendItem(name: string, label: string): PageElement {
  const square = element('rect', { class: name, width: 8, height: 8 })
  return element('li', {}, [picture({ viewBox: '0 0 8 8', class: 'key square' }, square), label])
}

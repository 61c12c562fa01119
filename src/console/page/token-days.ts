import type { TokensAnswer } from '../../gateway/index.js'
import { element, type PageElement } from './element.js'
import { table, tableBehindChart } from './parts.js'
import type { Scene } from './scene.js'
import { partsOf, sumOf } from './token-shares.js'

type Day = TokensAnswer['byDay'][number]

const shownDays = 30
const dayMs = 24 * 60 * 60 * 1000
const nothing = { requests: 0, inputTokens: 0, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0 }

/** The last days in UTC, oldest first, also those in which nothing was counted. */
export function lastDays(byDay: readonly Day[], nowMs: number, count: number): Day[] {
  return Array.from({ length: count }, (_, index) => {
    const day = new Date(nowMs - (count - 1 - index) * dayMs).toISOString().slice(0, 'yyyy-mm-dd'.length)
    return byDay.find((counted) => counted.day === day) ?? { day, ...nothing }
  })
}

/** The tokens of the last days, a column a day. */
export function tokenDays(scene: Scene, byDay: readonly Day[]): PageElement {
  const { state, words, format } = scene
  const days = lastDays(byDay, state.nowMs, shownDays)
  const most = Math.max(1, ...days.map(sumOf))
  const edges = [days[0], days.at(-1)].map((day) => element('span', {}, day && format.calendarDay(day.day)))
  const scale = [format.short(most), format.short(0)].map((text) => element('span', {}, text))
  return element('figure', { class: 'chart days' }, [
    element('figcaption', {}, element('h3', {}, words.tokens.byDay)),
    element('div', { class: 'plot low' }, [
      element('p', { class: 'plot-y', 'aria-hidden': 'true' }, scale),
      columns(days, most, words.tokens.dayChart(format.count(shownDays), format.count(most))),
      element('p', { class: 'plot-x', 'aria-hidden': 'true' }, edges),
    ]),
    tableBehindChart(scene, dayTable(scene, byDay)),
  ])
}

function columns(days: readonly Day[], most: number, label: string): PageElement {
  const properties = {
    role: 'img',
    'aria-label': label,
    viewBox: `0 0 ${days.length} 100`,
    preserveAspectRatio: 'none',
  }
  return element('svg', properties, [
    element('path', { class: 'grid', d: `M0 0H${days.length}M0 100H${days.length}` }),
    days.map((day, index) => column(day, index, most)),
  ])
}

function column(day: Day, index: number, most: number): PageElement[] {
  const toHeight = (count: number) => (count / most) * 100
  return partsOf(day).map(({ name, start, count }) => {
    const y = 100 - toHeight(start + count)
    return element('rect', {
      class: name,
      x: index + 0.15,
      y: y.toFixed(2),
      width: 0.7,
      height: toHeight(count).toFixed(2),
    })
  })
}

function dayTable({ words: { tokens }, format }: Scene, byDay: readonly Day[]): PageElement {
  const numbers = [tokens.input, tokens.cached, tokens.output].map((title) => ({ title, class: 'number' }))
  const rows = byDay.toReversed().map(({ day, inputTokens, cachedTokens, outputTokens }) => ({
    key: day,
    cells: [format.calendarDay(day), ...[inputTokens, cachedTokens, outputTokens].map(format.count)],
  }))
  return table(tokens.byDay, [{ title: tokens.day }, ...numbers], rows)
}

import { element, type PageElement } from './element.js'
import { windowTitle } from './gauge.js'
import { historyRange, toSeries, type Series } from './history-series.js'
import { picture, segments, table, tableBehindChart } from './parts.js'
import type { Scene } from './scene.js'

/** How the use of each window went, over hours or days. */
export function historySection(scene: Scene): PageElement {
  const { state, words, actions } = scene
  const { history: text } = words
  const options = (['hour', 'day'] as const).map((value) => ({ value, label: text[value] }))
  return element('section', { class: 'history', 'aria-labelledby': 'history-title' }, [
    element('div', { class: 'section-head' }, [
      element('div', {}, [
        element('h2', { id: 'history-title' }, text.title),
        element('p', { class: 'soft' }, text.text),
      ]),
      segments(text.step, options, state.historyEvery, actions.showHistory),
    ]),
    historyContent(scene),
  ])
}

function historyContent(scene: Scene): PageElement | undefined {
  const { state, words } = scene
  if (!state.history) return element('p', { key: 'loading', class: 'soft chart-room' }, words.loading)
  const range = historyRange(state.history.every, state.nowMs)
  const series = toSeries(state.history.samples, range)
  if (series.length === 0) return element('p', { key: 'empty', class: 'empty' }, words.history.empty)
  return element('figure', { key: state.history.every, class: 'chart' }, [
    legend(scene, series),
    plot(scene, series, state.history.every),
    tableBehindChart(scene, historyTable(scene, series)),
  ])
}

/** Lines are told apart by how they are drawn, not by their colour alone. */
const strokes = ['first', 'second', 'third'] as const

function strokeOf(index: number): string {
  return `series ${strokes[index % strokes.length] ?? 'first'}`
}

function legend(scene: Scene, series: readonly Series[]): PageElement {
  const { words, format } = scene
  const toItem = ({ window, points }: Series, index: number) =>
    element('li', {}, [
      picture({ viewBox: '0 0 24 8', class: 'key' }, element('path', { class: strokeOf(index), d: 'M1 4H23' })),
      words.history.peak(windowTitle(scene, window), format.percent(Math.max(...points.map(({ percent }) => percent)))),
    ])
  return element('figcaption', {}, element('ul', { class: 'legend' }, series.map(toItem)))
}

function plot(scene: Scene, series: readonly Series[], every: 'hour' | 'day'): PageElement {
  const { state, words, format } = scene
  const { fromMs, toMs } = historyRange(every, state.nowMs)
  const label = (atMs: number) => (every === 'day' ? format.day(atMs) : format.moment(atMs, state.nowMs))
  const marks = [0, 1 / 3, 2 / 3, 1].map((part) => label(fromMs + part * (toMs - fromMs)))
  const name = words.history.chart(label(fromMs), label(toMs))
  return element('div', { class: 'plot' }, [
    element(
      'p',
      { class: 'plot-y', 'aria-hidden': 'true' },
      [100, 50, 0].map((percent) => element('span', {}, format.percent(percent))),
    ),
    element('svg', { role: 'img', 'aria-label': name, viewBox: '0 0 100 100', preserveAspectRatio: 'none' }, [
      element('path', { class: 'grid', d: 'M0 0H100M0 50H100M0 100H100' }),
      series.map(({ points }, index) => [
        index === 0 && element('path', { class: 'area', d: areaPath(points) }),
        element('path', { class: `${strokeOf(index)} ${points.length === 1 ? 'dot' : ''}`, d: linePath(points) }),
      ]),
    ]),
    element(
      'p',
      { class: 'plot-x', 'aria-hidden': 'true' },
      marks.map((mark) => element('span', {}, mark)),
    ),
  ])
}

type Points = Series['points']

/** One point alone is a line without length, which its round ends make a dot. */
function linePath(points: Points): string {
  const line = points.map(({ x, percent }) => `${x.toFixed(2)} ${(100 - percent).toFixed(2)}`).join('L')
  return points.length === 1 ? `M${line}h0` : `M${line}`
}

function areaPath(points: Points): string {
  const [first, last] = [points[0]?.x ?? 0, points.at(-1)?.x ?? 0]
  return `${linePath(points)}L${last.toFixed(2)} 100L${first.toFixed(2)} 100Z`
}

function historyTable(scene: Scene, series: readonly Series[]): PageElement {
  const { state, words, format } = scene
  const times = [...new Set(series.flatMap(({ points }) => points.map(({ atMs }) => atMs)))].toSorted(
    (one, other) => other - one,
  )
  const percentAt = ({ points }: Series, atMs: number) => {
    const found = points.find((point) => point.atMs === atMs)
    return found ? format.percent(found.percent) : '–'
  }
  const columns = [
    { title: words.history.time },
    ...series.map(({ window }) => ({ title: windowTitle(scene, window), class: 'number' })),
  ]
  const rows = times.map((atMs) => ({
    key: String(atMs),
    cells: [format.moment(atMs, state.nowMs), ...series.map((one) => percentAt(one, atMs))],
  }))
  return table(words.history.title, columns, rows)
}

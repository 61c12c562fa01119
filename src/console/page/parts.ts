import type { ConsoleFailure } from '../../gateway/index.js'
import { element, type Child, type PageElement } from './element.js'
import type { Scene } from './scene.js'

/** The heading of a view. It takes the focus when somebody comes to the view. */
export function viewHeading(title: string, text: string): PageElement {
  return element('header', { class: 'opening' }, [
    element('h1', { tabindex: -1 }, title),
    element('p', { class: 'lede' }, text),
  ])
}

export function button(
  label: string,
  onClick: (event: Event) => void,
  properties: Record<string, string | boolean> = {},
): PageElement {
  return element('button', { type: 'button', on: { click: onClick }, ...properties }, label)
}

const copiedForMs = 2500

/** A button that copies `text`, and says so for a moment. */
export function copyButton({ state, words, actions }: Scene, text: string, label: string, name = 'quiet'): PageElement {
  const { copied, nowMs } = state
  const isCopied = copied?.text === text && nowMs - copied.atMs < copiedForMs
  return button(isCopied ? words.copied : words.copy, () => actions.copy(text), { class: name, 'aria-label': label })
}

/** What went wrong and what to do. The words are the gateway's, which speaks English. */
export function failureNote({ message, advice, code }: ConsoleFailure, title?: string, more?: Child): PageElement {
  return element('div', { class: 'note bad' }, [
    title !== undefined && element('p', { class: 'note-title' }, title),
    element('p', { lang: 'en' }, message),
    advice !== null && element('p', { lang: 'en', class: 'soft' }, advice),
    element('p', { class: 'code-name' }, element('code', {}, code)),
    more,
  ])
}

/** A picture for the eyes alone: what it says stands beside it in words. */
export function picture(properties: Record<string, string>, ...children: readonly Child[]): PageElement {
  return element('svg', { 'aria-hidden': 'true', focusable: 'false', ...properties }, ...children)
}

export interface TableColumn {
  readonly title: string
  readonly class?: string
}

/** A table whose first cell of a row names it. */
export function table(caption: string, columns: readonly TableColumn[], rows: readonly TableRow[]): PageElement {
  const classOf = (index: number) => columns[index]?.class ?? ''
  const head = columns.map(({ title }, index) => element('th', { scope: 'col', class: classOf(index) }, title))
  const toCell = (cell: Child, index: number) =>
    element(index === 0 ? 'th' : 'td', { class: classOf(index), ...(index === 0 && { scope: 'row' }) }, cell)
  return element('table', {}, [
    element('caption', { class: 'unseen' }, caption),
    element('thead', {}, element('tr', {}, head)),
    element(
      'tbody',
      {},
      rows.map(({ key, cells }) => element('tr', { key }, cells.map(toCell))),
    ),
  ])
}

export interface TableRow {
  readonly key: string
  readonly cells: readonly Child[]
}

/** What a chart says, for those who would rather read it. */
export function tableBehindChart({ words }: Scene, content: PageElement): PageElement {
  return element('details', { class: 'behind' }, [
    element('summary', {}, words.asTable),
    element('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': words.asTable }, content),
  ])
}

/** One of a few, as buttons that stand together. */
export function segments<Value extends string>(
  label: string,
  options: readonly { readonly value: Value; readonly label: string; readonly lang?: string }[],
  chosen: Value,
  choose: (value: Value) => void,
): PageElement {
  const toButton = ({ value, label: text, lang = '' }: (typeof options)[number]) =>
    button(text, () => choose(value), { 'aria-pressed': String(value === chosen), ...(lang !== '' && { lang }) })
  return element('div', { class: 'segments', role: 'group', 'aria-label': label }, options.map(toButton))
}

/** Terms and what they are, as a list of pairs. */
export function facts(pairs: readonly (readonly [term: string, description: Child])[], name = 'facts'): PageElement {
  return element(
    'dl',
    { class: name },
    pairs.map(([term, description]) => element('div', {}, [element('dt', {}, term), element('dd', {}, description)])),
  )
}

/** What somebody typed into a control or chose of it. */
export function valueOf(event: Event): string {
  const { target } = event
  return target instanceof HTMLInputElement ||
    target instanceof HTMLSelectElement ||
    target instanceof HTMLTextAreaElement
    ? target.value
    : ''
}

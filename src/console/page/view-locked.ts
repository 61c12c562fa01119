import { element, type PageElement } from './element.js'
import { viewHeading } from './parts.js'
import type { Scene } from './scene.js'

/** For a browser without a session: only the terminal opens one. */
export function viewLocked({ words }: Scene): PageElement {
  return element('div', { key: 'locked', class: 'view' }, [
    viewHeading(words.locked.title, words.locked.text),
    element('p', {}, words.locked.detail),
    element('pre', { class: 'command' }, element('code', {}, 'planpass serve link')),
  ])
}

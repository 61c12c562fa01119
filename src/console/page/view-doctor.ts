import type { DoctorFinding } from '../../gateway/index.js'
import { element, type PageElement } from './element.js'
import { button, picture, viewHeading } from './parts.js'
import type { Scene } from './scene.js'

const severity = ['fail', 'warn', 'ok'] as const

/** What the doctor found, the worst first. */
export function viewDoctor(scene: Scene): PageElement {
  const { state, words, actions } = scene
  const { title, text, run, running } = words.doctor
  const label = state.isExamining ? running : run
  return element('div', {}, [
    viewHeading(title, text),
    element('p', {}, button(label, actions.examine, { 'aria-disabled': String(state.isExamining) })),
    state.doctor && findings(scene, state.doctor.findings),
  ])
}

function findings(scene: Scene, found: readonly DoctorFinding[]): PageElement {
  const sorted = severity.flatMap((wanted) => found.filter(({ state }) => state === wanted))
  return element('div', {}, [
    element('p', { class: 'verdict', role: 'status' }, verdict(scene, found)),
    element(
      'ul',
      { class: 'findings' },
      sorted.map((finding) => findingEntry(scene, finding)),
    ),
  ])
}

function verdict({ words, format }: Scene, found: readonly DoctorFinding[]): string {
  const count = (wanted: DoctorFinding['state']) => found.filter(({ state }) => state === wanted).length
  const parts = [
    count('fail') > 0 ? words.doctor.fails(format.count(count('fail'))) : '',
    count('warn') > 0 ? words.doctor.warns(format.count(count('warn'))) : '',
  ].filter((part) => part !== '')
  return parts.join(' · ') || words.doctor.allWell
}

const marks = { ok: 'M3 8.5l3.5 3.5L13 4.5', warn: 'M8 2.5v7M8 13v.5', fail: 'M4 4l8 8M12 4l-8 8' }

function findingEntry({ words }: Scene, { name, state, summary, advice, code }: DoctorFinding): PageElement {
  return element('li', { key: name, class: `finding ${state}` }, [
    picture({ viewBox: '0 0 16 16', class: 'mark' }, element('path', { d: marks[state] })),
    element('div', {}, [
      element('h2', {}, [
        element('span', { lang: 'en' }, name),
        element('span', { class: 'soft' }, ` · ${words.doctor.states[state]}`),
      ]),
      element('p', { lang: 'en' }, summary),
      advice !== null &&
        element('p', { class: 'soft' }, [`${words.doctor.advice} `, element('span', { lang: 'en' }, advice)]),
      code !== null && element('p', { class: 'code-name' }, element('code', {}, code)),
    ]),
  ])
}

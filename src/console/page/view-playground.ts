import type { ConsoleModel } from '../../gateway/index.js'
import { chosenModel } from './create-answers.js'
import { element, type Child, type PageElement } from './element.js'
import type { Turn } from './page-state.js'
import { button, failureNote, valueOf, viewHeading } from './parts.js'
import type { Scene } from './scene.js'

/** A place to try the plan: a question, and the answer as it comes. */
export function viewPlayground(scene: Scene): PageElement {
  const { state, words } = scene
  const { title, text, signedOut } = words.playground
  const models = state.console?.models
  const content =
    models?.state === 'known' ? playground(scene, models.models) : element('p', { class: 'empty' }, signedOut)
  return element('div', {}, [viewHeading(title, text), content])
}

function playground(scene: Scene, models: readonly ConsoleModel[]): Child {
  const { state, words } = scene
  const { turns, isAnswering } = state.playground
  return [
    turns.length > 0 &&
      element(
        'ol',
        { class: 'turns', 'aria-busy': String(isAnswering) },
        turns.map((turn, index) => turnEntry(scene, turn, index)),
      ),
    element('form', { class: 'ask', on: { submit: (event) => submit(event, scene) } }, [
      element('div', { class: 'choices' }, [modelChoice(scene, models), effortChoice(scene, models)]),
      element('label', { for: 'prompt' }, words.playground.prompt),
      element('textarea', {
        id: 'prompt',
        rows: 4,
        placeholder: words.playground.placeholder,
        on: { keydown: submitOnKeys },
      }),
      element('div', { class: 'ask-foot' }, [
        element('button', { type: 'submit', class: 'primary', disabled: isAnswering }, words.playground.send),
        isAnswering && button(words.playground.stop, scene.actions.stopAnswer),
        turns.length > 0 &&
          !isAnswering &&
          button(words.playground.clear, scene.actions.clearTurns, { class: 'quiet' }),
        element('p', { class: 'soft' }, words.playground.keys),
      ]),
    ]),
  ]
}

function turnEntry(scene: Scene, { role, text, failure, facts }: Turn, index: number): PageElement {
  const { state, words, format } = scene
  const isLast = index === state.playground.turns.length - 1
  const isComing = isLast && state.playground.isAnswering
  const speaker = role === 'user' ? words.playground.you : (facts?.model ?? chosenModel(state) ?? '')
  return element('li', { key: String(index), class: `turn ${role}` }, [
    element('p', { class: 'speaker' }, speaker),
    element('p', { class: `said ${isComing ? 'coming' : ''}` }, text),
    failure && failureNote(failure),
    facts &&
      element(
        'p',
        { class: 'soft' },
        words.playground.facts(
          facts.model,
          format.latency(facts.durationMs),
          format.count(facts.inputTokens),
          format.count(facts.outputTokens),
        ),
      ),
  ])
}

function modelChoice({ state, words, actions }: Scene, models: readonly ConsoleModel[]): PageElement {
  const chosen = chosenModel(state)
  const options = models.map(({ id, name }) => ({ value: id, label: name, isChosen: id === chosen }))
  return choice('playground-model', words.playground.model, options, actions.chooseModel)
}

function effortChoice({ state, words, actions }: Scene, models: readonly ConsoleModel[]): PageElement {
  const { effort = '' } = state.playground
  const model = models.find(({ id }) => id === chosenModel(state))
  const levels = model?.reasoningLevels ?? []
  const options = ['', ...levels].map((level) => ({
    value: level,
    label: level === '' ? words.playground.effortDefault : level,
    isChosen: level === effort,
  }))
  // Another model is another choice, which begins with the default.
  return element(
    'div',
    { key: `effort ${model?.id}` },
    choice('playground-effort', words.playground.effort, options, actions.chooseEffort),
  )
}

interface Option {
  readonly value: string
  readonly label: string
  readonly isChosen: boolean
}

function choice(id: string, label: string, options: readonly Option[], choose: (value: string) => void): PageElement {
  const chosen = options.find(({ isChosen }) => isChosen)?.value ?? ''
  return element('div', {}, [
    element('label', { for: id }, label),
    element(
      'select',
      {
        id,
        on: { change: (event) => choose(valueOf(event)) },
        mounted: (select) => Reflect.set(select, 'value', chosen),
      },
      options.map(({ value, label: text, isChosen }) =>
        element('option', { key: value, value, selected: isChosen }, text),
      ),
    ),
  ])
}

/** The question is taken out of its field, so that the next one can be written while the answer comes. */
function submit(event: Event, { state, actions }: Scene): void {
  event.preventDefault()
  const prompt = document.querySelector<HTMLTextAreaElement>('#prompt')
  if (!prompt || state.playground.isAnswering || prompt.value.trim() === '') return
  actions.ask(prompt.value)
  prompt.value = ''
}

function submitOnKeys(event: Event): void {
  if (!(event instanceof KeyboardEvent) || event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
  event.preventDefault()
  if (event.target instanceof HTMLTextAreaElement) event.target.form?.requestSubmit()
}

import type { ConsoleModel, ModelsState } from '../../gateway/index.js'
import { element, type Child, type PageElement } from './element.js'
import { button, copyButton, facts, failureNote, valueOf, viewHeading } from './parts.js'
import type { Scene } from './scene.js'

/** The models on offer, to search, to try and to copy. */
export function viewModels(scene: Scene): PageElement {
  const { state, words } = scene
  const { title, text } = words.models
  return element('div', {}, [viewHeading(title, text), modelsContent(scene, state.console?.models)])
}

function modelsContent(scene: Scene, models: ModelsState | undefined): Child {
  const { state, words } = scene
  if (!models) return undefined
  if (models.state === 'unknown') return failureNote(models.failure, words.models.modelsUnknown)
  const found = searchModels(models.models, state.modelSearch)
  return [
    search(scene, found.length),
    models.failure && failureNote(models.failure, words.plan.stale),
    found.length === 0 && element('p', { class: 'empty' }, words.models.none),
    element(
      'ul',
      { class: 'models' },
      found.map((model) => modelEntry(scene, model)),
    ),
    element('p', { class: 'soft as-of' }, sourceText(scene, models)),
  ]
}

/** Every word of the search is somewhere in what is said of the model. */
export function searchModels(models: readonly ConsoleModel[], text: string): readonly ConsoleModel[] {
  const wanted = text.toLowerCase().split(/\s+/)
  return models.filter(({ id, name, description = '', pickerId, reasoningLevels }) => {
    const said = [id, name, description, pickerId, ...reasoningLevels].join(' ').toLowerCase()
    return wanted.every((word) => said.includes(word))
  })
}

function search({ state, words, format, actions }: Scene, count: number): PageElement {
  return element('div', { class: 'search', role: 'search' }, [
    element('label', { for: 'model-search' }, words.models.search),
    element('input', {
      id: 'model-search',
      type: 'search',
      autocomplete: 'off',
      spellcheck: 'false',
      value: state.modelSearch,
      on: { input: (event) => actions.searchModels(valueOf(event)) },
    }),
    element('p', { class: 'soft', role: 'status' }, words.models.found(format.count(count))),
  ])
}

function modelEntry(scene: Scene, model: ConsoleModel): PageElement {
  const { words, actions } = scene
  const { id, name, description, isDefault, successor } = model
  return element('li', { key: id, class: 'model' }, [
    element('div', { class: 'model-head' }, [
      element('h2', {}, name),
      isDefault && element('p', { class: 'tag' }, words.models.default),
      button(words.models.tryIt, () => actions.tryModel(id), {
        class: 'quiet',
        'aria-label': `${words.models.tryIt}: ${name}`,
      }),
    ]),
    description !== undefined && element('p', { class: 'soft', lang: 'en' }, description),
    successor !== undefined && element('p', {}, words.models.successor(successor)),
    facts(modelFacts(scene, model), 'facts model-facts'),
  ])
}

function modelFacts(scene: Scene, model: ConsoleModel): [string, Child][] {
  const { words, format } = scene
  const { id, pickerId, contextWindow, maxContextWindow, inputModalities } = model
  const context = contextWindow === undefined ? words.unknown : format.count(contextWindow)
  const isRaisable = maxContextWindow !== undefined && maxContextWindow > (contextWindow ?? 0)
  const upTo = isRaisable && ` (${words.models.contextUpTo(format.count(maxContextWindow))})`
  return [
    [words.models.context, [context, upTo]],
    [words.models.forAgents, copyable(scene, pickerId)],
    [words.models.reasoning, levels(scene, model)],
    [words.models.forClients, copyable(scene, id)],
    [words.models.input, inputModalities?.join(', ') ?? words.unknown],
  ]
}

function levels({ words }: Scene, { reasoningLevels, defaultReasoningLevel }: ConsoleModel): Child {
  if (reasoningLevels.length === 0) return words.unknown
  const toLevel = (level: string) =>
    element('li', { class: level === defaultReasoningLevel ? 'chosen' : undefined }, [
      level,
      level === defaultReasoningLevel && element('span', { class: 'unseen' }, ` (${words.models.reasoningDefault})`),
    ])
  return element('ul', { class: 'levels' }, reasoningLevels.map(toLevel))
}

function copyable(scene: Scene, text: string): Child {
  const { words } = scene
  return [element('code', { translate: 'no' }, text), copyButton(scene, text, words.models.copyId(text))]
}

function sourceText({ state, words, format }: Scene, models: Extract<ModelsState, { state: 'known' }>): string {
  return `${words.models.source[models.source]} · ${words.plan.asOf(format.moment(models.fetchedAtMs, state.nowMs))}`
}

import type { ClientState, RequestEntry } from '../../gateway/index.js'
import { element, type Child, type PageElement } from './element.js'
import type { Words } from './languages.js'
import { table, viewHeading } from './parts.js'
import type { Scene } from './scene.js'

/** What the gateway is asked, as it happens, and by whom it may be. */
export function viewRequests(scene: Scene): PageElement {
  const { state, words } = scene
  const { title, text, empty } = words.requests
  return element('div', {}, [
    viewHeading(title, text),
    state.requests.length === 0 ? element('p', { class: 'empty' }, empty) : requestTable(scene),
    clients(scene, state.console?.clients ?? []),
  ])
}

function requestTable(scene: Scene): PageElement {
  const { state, words } = scene
  const { requests: text } = words
  const columns = [
    { title: text.when, class: 'when' },
    { title: text.client, class: 'secondary' },
    { title: text.what },
    { title: text.state, class: 'secondary' },
    { title: text.firstByte, class: 'number secondary' },
    { title: text.duration, class: 'number' },
    { title: text.tokens, class: 'number secondary' },
  ]
  const rows = state.requests.map((request) => ({ key: request.id, cells: requestCells(scene, request) }))
  return element('div', { class: 'requests' }, table(text.title, columns, rows))
}

function requestCells({ state: { nowMs }, words, format }: Scene, request: RequestEntry): Child[] {
  const { requests: text } = words
  const { startedAtMs, code, firstByteMs, durationMs, tokens } = request
  const client = request.client === 'console' ? words.tokens.playground : request.client
  const progress = outcome(words, request)
  return [
    element('time', { datetime: new Date(startedAtMs).toISOString() }, format.moment(startedAtMs, nowMs)),
    client,
    [
      element('code', {}, request.path),
      element('span', { class: 'soft block' }, [request.model ?? '', request.isStream && ` · ${text.stream}`]),
      element('span', { class: 'narrow' }, [`${client} · `, progress]),
    ],
    [progress, code !== null && element('code', { class: 'block' }, code)],
    firstByteMs === null ? '–' : format.latency(firstByteMs),
    format.latency(durationMs ?? Math.max(0, nowMs - startedAtMs)),
    tokens ? text.tokensOf(format.short(tokens.inputTokens), format.short(tokens.outputTokens)) : '–',
  ]
}

function outcome({ requests }: Words, { state, status }: RequestEntry): Child {
  return [
    element('span', { class: `progress ${state}` }, requests.states[state]),
    status !== null && element('span', { class: 'soft' }, ` ${status}`),
  ]
}

function clients(scene: Scene, known: readonly ClientState[]): PageElement {
  const { words } = scene
  const { requests: text } = words
  return element('section', { 'aria-labelledby': 'clients-title' }, [
    element('h2', { id: 'clients-title' }, text.clients),
    element('p', { class: 'soft' }, [`${text.clientsText} `, element('code', {}, 'planpass keys add')]),
    known.length === 0 ? element('p', { class: 'empty' }, text.noClients) : clientTable(scene, known),
  ])
}

function clientTable({ state, words, format }: Scene, known: readonly ClientState[]): PageElement {
  const { requests: text } = words
  const columns = [
    { title: text.client },
    { title: text.created },
    { title: text.mayUse, class: 'secondary' },
    { title: text.today, class: 'number' },
  ]
  const rows = known.map(({ name, createdAtMs, models, dailyTokens, usedTodayTokens }) => {
    const used = format.count(usedTodayTokens)
    const today = dailyTokens === null ? used : text.ofDaily(used, format.count(dailyTokens))
    return {
      key: name,
      cells: [name, format.moment(createdAtMs, state.nowMs), models?.join(', ') ?? text.everyModel, today],
    }
  })
  return table(text.clients, columns, rows)
}

import type { ConsoleEvent } from '../../gateway/index.js'
import { coalesce } from './coalesce.js'
import { createActions } from './create-actions.js'
import { createFormat } from './create-format.js'
import { createPainter } from './create-painter.js'
import { createGatewayClient } from './gateway-client.js'
import { chooseLanguage, isLanguage, languages } from './languages.js'
import { listen } from './listen.js'
import { applyEvent, initialState, readView, type PageState } from './page-state.js'
import { noteFocus } from './note-focus.js'
import { viewPage } from './view-page.js'

/** The page's only clock. */
const now = () => new Date().getTime()
const languageKey = 'planpass-language'

const kept = localStorage.getItem(languageKey)
const language = isLanguage(kept) ? kept : chooseLanguage(navigator.languages)
let state = initialState(language, readView(location.hash), now())
const paint = createPainter(document.body)
const formats = { en: createFormat(languages.en), 'zh-Hans': createFormat(languages['zh-Hans']) }
let isDue = false

const client = createGatewayClient(
  (path, init) => fetch(path, init),
  () => state.console?.csrf ?? '',
)
const actions = createActions({
  client,
  now,
  read: () => state,
  change,
  copyText: (text) => navigator.clipboard.writeText(text),
  keepLanguage: (chosen) => localStorage.setItem(languageKey, chosen),
  goTo: (view) => {
    location.hash = `#/${view}`
  },
})

function change(part: Partial<PageState>): void {
  state = { ...state, ...part }
  showSoon()
}

/** However much happens at once, the page is painted once a frame. */
function showSoon(): void {
  if (isDue) return
  isDue = true
  requestAnimationFrame(show)
}

function show(): void {
  isDue = false
  state = { ...state, nowMs: now() }
  const words = languages[state.language]
  document.documentElement.lang = words.locale
  document.title = `${words.views[state.view]} · planpass`
  const keepFocus = noteFocus()
  paint([viewPage({ state, words, format: formats[state.language], actions })])
  keepFocus()
}

/** Where somebody who comes to a view begins to read. */
function focusHeading(): void {
  document.querySelector('h1')?.focus()
}

/** What a view shows beyond the state of the gateway is asked for when somebody looks at it. */
async function loadView(): Promise<void> {
  if (state.view === 'plan') await Promise.all([actions.loadHistory(), actions.loadTokens()])
  if (state.view === 'requests') await actions.loadState()
  if (state.view === 'doctor' && !state.doctor) actions.examine()
}

/** A gateway answers more requests than a page has to hear of one by one. */
const freshen = coalesce(loadView, () => new Promise((resolve) => setTimeout(resolve, 1000)))

async function catchUp(): Promise<void> {
  change({ connection: 'live', failure: undefined })
  await Promise.all([actions.loadState(), actions.loadRequests()])
  if (state.console) await loadView()
}

function hear(event: ConsoleEvent): void {
  const profileBefore = state.console?.currentProfile
  change(applyEvent(state, event))
  if (profileBefore !== undefined && state.console?.currentProfile !== profileBefore) void catchUp()
  if (event.type === 'usage' || (event.type === 'request' && event.request.durationMs !== null)) freshen()
}

/** Nobody who came without the link hears anything; the state says so. */
function tellLost(): void {
  if (state.connection !== 'locked') change({ connection: 'lost' })
  void actions.loadState()
}

addEventListener('hashchange', () => {
  change({ view: readView(location.hash), signOut: undefined })
  show()
  focusHeading()
  void loadView()
})
setInterval(showSoon, 1000)
show()
listen('/api/events', { onOpen: () => void catchUp(), onEvent: hear, onLost: tellLost, retryMs: 3000 })

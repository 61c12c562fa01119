import type { RequestEntry, SignInProgress } from '../../gateway/index.js'
import { element, type PageElement } from './element.js'
import { languages, languageTags } from './languages.js'
import { viewNames, type ViewName } from './page-state.js'
import { button, copyButton, failureNote, picture, segments } from './parts.js'
import type { Scene } from './scene.js'
import { signOutDialog } from './sign-out-dialog.js'
import { viewAccounts } from './view-accounts.js'
import { viewDoctor } from './view-doctor.js'
import { viewLocked } from './view-locked.js'
import { viewModels } from './view-models.js'
import { viewPlan } from './view-plan.js'
import { viewPlayground } from './view-playground.js'
import { viewRequests } from './view-requests.js'

const views: Readonly<Record<ViewName, (scene: Scene) => PageElement>> = {
  plan: viewPlan,
  models: viewModels,
  playground: viewPlayground,
  requests: viewRequests,
  accounts: viewAccounts,
  doctor: viewDoctor,
}

/** The whole page. */
export function viewPage(scene: Scene): PageElement {
  const { state, words } = scene
  return element('div', { class: 'page' }, [
    element('a', { class: 'skip', href: '#main', on: { click: skipToContent } }, words.skip),
    element('header', { class: 'head' }, [brand(), state.connection !== 'locked' && navigation(scene)]),
    element('main', { id: 'main', tabindex: -1, class: `view-${state.view}` }, [notices(scene), content(scene)]),
    footer(scene),
    signOutDialog(scene),
    element('p', { class: 'unseen', role: 'status' }, announcement(scene)),
  ])
}

/** The fragment names the view, so the link to the content may not change it. */
function skipToContent(event: Event): void {
  event.preventDefault()
  document.querySelector('main')?.focus()
}

function brand(): PageElement {
  const mark = picture({ viewBox: '0 0 32 32', class: 'mark' }, [
    element('path', { class: 'mark-track', d: 'M6.5 24a12 12 0 1 1 19 0' }),
    element('path', { class: 'mark-value', d: 'M6.5 24a12 12 0 0 1 3.4-17.4' }),
  ])
  return element('a', { class: 'brand', href: '#/plan' }, [mark, 'planpass'])
}

function navigation({ state, words }: Scene): PageElement {
  const toItem = (name: ViewName) => {
    const current = name === state.view && { 'aria-current': 'page' }
    return element('li', { key: name }, element('a', { href: `#/${name}`, ...current }, words.views[name]))
  }
  return element('nav', { 'aria-label': words.parts }, element('ul', {}, viewNames.map(toItem)))
}

function notices({ state, words, actions }: Scene): PageElement | undefined {
  const { failure } = state
  if (!failure || state.connection === 'locked') return undefined
  const dismiss = button(words.dismiss, actions.dismissFailure, { class: 'quiet' })
  return element('div', { class: 'notices', role: 'alert' }, failureNote(failure, undefined, dismiss))
}

function content(scene: Scene): PageElement {
  const { state, words } = scene
  if (state.connection === 'locked') return viewLocked(scene)
  if (state.console) return element('div', { key: state.view, class: 'view' }, views[state.view](scene))
  return element('div', { key: 'loading', class: 'view loading' }, element('h1', { tabindex: -1 }, words.loading))
}

function footer(scene: Scene): PageElement {
  const { state, words, actions } = scene
  const options = languageTags.map((tag) => ({ value: tag, label: languages[tag].languageName, lang: tag }))
  return element('footer', { class: 'foot' }, [
    element('p', { class: `connection ${state.connection}` }, words.connection[state.connection]),
    gatewayFacts(scene),
    segments(words.language, options, state.language, actions.chooseLanguage),
    state.console && button(words.gateway.leave, actions.leave, { class: 'quiet' }),
  ])
}

function gatewayFacts(scene: Scene): PageElement | undefined {
  const { state, words, format } = scene
  if (!state.console) return undefined
  const { gateway } = words
  const { baseUrl, maximumRunning, startedAtMs, version } = state.console.gateway
  const count = (wanted: RequestEntry['state']) => state.requests.filter((request) => request.state === wanted).length
  const waiting = count('waiting')
  return element('div', { class: 'gateway' }, [
    element('p', { class: 'soft' }, gateway.baseUrl),
    element('p', { class: 'base-url' }, [
      element('code', {}, baseUrl),
      copyButton(scene, baseUrl, gateway.copyBaseUrl),
    ]),
    element('p', { class: 'soft' }, [
      gateway.running(format.count(count('running')), format.count(maximumRunning)),
      waiting > 0 && ` · ${gateway.waiting(format.count(waiting))}`,
    ]),
    element(
      'p',
      { class: 'soft' },
      `${gateway.version(version)} · ${gateway.up(format.span(state.nowMs - startedAtMs))}`,
    ),
  ])
}

/** What a person who does not see the page has to hear of. */
function announcement({ state, words }: Scene): string {
  const { console, copied, playground, nowMs } = state
  if (copied && nowMs - copied.atMs < 2500) return words.copied
  if (playground.isAnswering) return words.playground.answering
  if (playground.turns.at(-1)?.facts) return words.playground.answered
  return console ? signInNews(words, console.signIn) : ''
}

function signInNews({ signIn }: Scene['words'], progress: SignInProgress): string {
  switch (progress.state) {
    case 'idle':
      return ''
    case 'starting':
      return signIn.starting
    case 'waiting':
      return signIn.waiting
    case 'done':
      return signIn.done(progress.profile)
    case 'failed':
      return signIn.failed
    case 'cancelled':
      return signIn.cancelled
    default:
      return progress satisfies never
  }
}

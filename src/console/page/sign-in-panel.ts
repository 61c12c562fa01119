import type { ConsoleState, SignInProgress } from '../../gateway/index.js'
import { element, type PageElement } from './element.js'
import { button, copyButton, failureNote } from './parts.js'
import type { Scene } from './scene.js'

const idle: SignInProgress = { state: 'idle' }

/** What there is to say of the last sign-in. One that is done says nothing any more once somebody has signed out of it. */
export function shownSignIn({ signIn, profiles }: ConsoleState): SignInProgress {
  if (signIn.state !== 'done') return signIn
  return profiles.some(({ name, isSignedIn }) => name === signIn.profile && isSignedIn) ? signIn : idle
}

/** Who is signed in now, and what there is to know about it. */
export function signInDone({ words }: Scene, { profile, warnings }: Done): PageElement {
  return stage(
    'done',
    element('p', { class: 'note good' }, words.signIn.done(profile)),
    ...warnings.map((warning) => element('p', { class: 'note', lang: 'en' }, warning)),
  )
}

type Done = Extract<SignInProgress, { state: 'done' }>
type Waiting = Extract<SignInProgress, { state: 'waiting' }>

/** The sign-in with a device code, from the wish to the end, as the gateway tells of it. */
export function signInPanel(scene: Scene, profile: string, heading: 'h1' | 'h2'): PageElement {
  const { state, words } = scene
  const progress = state.console ? shownSignIn(state.console) : idle
  return element('section', { class: 'sign-in', 'aria-labelledby': 'sign-in-title' }, [
    element(heading, { id: 'sign-in-title', tabindex: -1 }, words.signIn.title),
    panelContent(scene, progress, profile),
  ])
}

function panelContent(scene: Scene, progress: SignInProgress, profile: string): PageElement {
  const { words, actions } = scene
  const { signIn } = words
  const start = (label: string) => button(label, () => actions.signIn({ profile }), { class: 'primary' })
  switch (progress.state) {
    // Done is the sign-in of another profile then: nobody is asked to sign in where somebody is.
    case 'done':
    case 'idle':
      return stage('idle', element('p', { class: 'lede' }, signIn.text), start(signIn.start))
    case 'starting':
      return stage('starting', element('p', { class: 'working' }, signIn.starting))
    case 'waiting':
      return waitingStage(scene, progress)
    case 'failed':
      return stage('failed', failureNote(progress.failure, signIn.failed), start(signIn.again))
    case 'cancelled':
      return stage('cancelled', element('p', {}, signIn.cancelled), start(signIn.again))
    default:
      return progress satisfies never
  }
}

function stage(key: string, ...children: readonly PageElement[]): PageElement {
  return element('div', { key, class: 'stage' }, children)
}

function waitingStage(scene: Scene, progress: Waiting): PageElement {
  const { state, words, format, actions } = scene
  const { signIn } = words
  const { verificationUrl, userCode, expiresAtMs, profile, qr } = progress
  const leftMs = expiresAtMs - state.nowMs
  const link = { href: verificationUrl, target: '_blank', rel: 'noreferrer noopener' }
  return element('div', { key: 'waiting', class: 'stage waiting' }, [
    element('ol', { class: 'steps' }, [
      element('li', {}, [element('p', {}, signIn.openOrScan), element('p', {}, element('a', link, verificationUrl))]),
      element('li', {}, [
        element('p', {}, signIn.enterCode),
        element('p', { class: 'user-code' }, [
          element('output', { translate: 'no' }, userCode),
          copyButton(scene, userCode, signIn.copyCode, ''),
        ]),
      ]),
    ]),
    qrPicture(qr, signIn.qr(verificationUrl)),
    element('div', { class: 'waiting-foot' }, [
      element('p', { class: 'working' }, signIn.waiting),
      element('p', { class: 'soft' }, [
        leftMs > 0 ? signIn.expires(format.countdown(leftMs)) : signIn.expired,
        ` ${signIn.forProfile(profile)}`,
      ]),
      element('p', { class: 'soft' }, signIn.onlyYours),
      button(words.cancel, actions.cancelSignIn),
    ]),
  ])
}

/** Readers need four light modules around a code (ISO/IEC 18004, 6.3.8), and dark on light by night as well. */
const quietZone = 4

function qrPicture(rows: readonly (readonly boolean[])[], label: string): PageElement {
  const size = rows.length + 2 * quietZone
  const dots = rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : [])))
  return element(
    'svg',
    {
      class: 'qr',
      role: 'img',
      'aria-label': label,
      viewBox: `${-quietZone} ${-quietZone} ${size} ${size}`,
      'shape-rendering': 'crispEdges',
    },
    [
      element('rect', { class: 'qr-light', x: -quietZone, y: -quietZone, width: size, height: size }),
      element('path', { class: 'qr-dark', d: dots.join('') }),
    ],
  )
}

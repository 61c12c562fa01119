import type { ProfileState, UsageState } from '../../gateway/index.js'
import { element, type PageElement } from './element.js'
import { gauge } from './gauge.js'
import { button, failureNote, viewHeading } from './parts.js'
import type { Scene } from './scene.js'
import { signInPanel } from './sign-in-panel.js'
import { historySection } from './history-section.js'
import { tokensSection } from './tokens-section.js'

/** What of the plan is used: now, over time, and by whom. */
export function viewPlan(scene: Scene): PageElement {
  const { state, words } = scene
  const profile = state.console?.profiles.find(({ isCurrent }) => isCurrent)
  if (!profile?.isSignedIn) return signedOut(scene, profile)
  const { account } = profile
  const email = state.showsAddresses ? account?.email : account?.maskedEmail
  const plan = account?.planType ? words.plan.plan(toPlanName(account.planType)) : undefined
  const lede = [plan, email, profile.name].filter((part) => typeof part === 'string').join(' · ')
  return element('div', {}, [
    viewHeading(words.plan.title, lede),
    profile.reason !== null && reasonNote(scene, profile),
    usageSection(scene, state.console?.usage),
    historySection(scene),
    tokensSection(scene),
  ])
}

/** Nobody is asked to sign in without being told why they have to do it again. */
function signedOut(scene: Scene, profile: ProfileState | undefined): PageElement {
  return element('div', {}, [
    profile && profile.state !== 'absent' && reasonNote(scene, profile),
    signInPanel(scene, profile?.name ?? '', 'h1'),
  ])
}

function reasonNote({ words }: Scene, { isSignedIn, state, reason }: ProfileState): PageElement {
  return element('p', { class: 'note bad' }, [
    words.accounts.states[isSignedIn ? 'dead' : state],
    reason !== null && [' · ', element('code', {}, reason)],
    isSignedIn && [' · ', element('a', { href: '#/accounts' }, words.views.accounts)],
  ])
}

/** `plus` is how the backend writes it, Plus is its name. */
export function toPlanName(planType: string): string {
  return planType
    .split('_')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join(' ')
}

function usageSection(scene: Scene, usage: UsageState | undefined): PageElement {
  const { words } = scene
  return element('section', { class: 'usage', 'aria-labelledby': 'usage-title' }, [
    element('h2', { id: 'usage-title', class: 'unseen' }, words.plan.usage),
    usage?.state === 'known' && knownUsage(scene, usage),
    usage?.state === 'unknown' && failureNote(usage.failure, words.plan.usageUnknown),
  ])
}

function knownUsage(scene: Scene, usage: Extract<UsageState, { state: 'known' }>): PageElement {
  const { state, words, format, actions } = scene
  const { plan } = words
  const { windows, reachedType, failure, fetchedAtMs } = usage
  return element('div', {}, [
    reachedType !== null && element('p', { class: 'note bad' }, plan.reachedType(reachedType)),
    windows.length === 0 && element('p', {}, plan.noWindows),
    element(
      'div',
      { class: 'gauges' },
      windows.map((window) => gauge(scene, window)),
    ),
    failure && failureNote(failure, plan.stale),
    element('p', { class: 'as-of soft' }, [
      creditsText(scene, usage),
      plan.asOf(format.moment(fetchedAtMs, state.nowMs)),
      button(plan.refresh, actions.refresh, { class: 'quiet' }),
    ]),
  ])
}

function creditsText({ words }: Scene, { credits }: Extract<UsageState, { state: 'known' }>): string | undefined {
  if (!credits) return undefined
  const { creditsUnlimited, creditsNone } = words.plan
  const amount = credits.isUnlimited ? creditsUnlimited : credits.hasCredits ? (credits.balance ?? '') : creditsNone
  return `${words.plan.credits(amount)} · `
}

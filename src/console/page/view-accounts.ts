import type { ProfileState } from '../../gateway/index.js'
import { element, type Child, type PageElement } from './element.js'
import { button, facts, valueOf, viewHeading } from './parts.js'
import type { Scene } from './scene.js'
import { shownSignIn, signInDone, signInPanel } from './sign-in-panel.js'
import { toPlanName } from './view-plan.js'

/** Who is signed in, profile by profile, and what can be done about it. */
export function viewAccounts(scene: Scene): PageElement {
  const { state, words } = scene
  const { title, text } = words.accounts
  const { console } = state
  if (!console) return element('div', {})
  const signIn = shownSignIn(console)
  return element('div', {}, [
    viewHeading(title, text),
    signOutResult(scene),
    signIn.state === 'done' && signInDone(scene, signIn),
    signIn.state !== 'idle' && signIn.state !== 'done' && signInPanel(scene, signIn.profile, 'h2'),
    element(
      'ul',
      { class: 'profiles' },
      console.profiles.map((profile) => profileEntry(scene, profile)),
    ),
    addressSwitch(scene),
    newProfile(scene),
  ])
}

function signOutResult({ state, words }: Scene): PageElement | undefined {
  const { signOutAnswer } = state
  if (!signOutAnswer) return undefined
  const { removed, revocation, failure } = signOutAnswer
  const { signOut } = words
  return element('div', { class: `note ${failure ? 'bad' : 'good'}`, role: 'status' }, [
    element('p', {}, `${removed ? signOut.removed : signOut.kept} ${signOut.results[revocation]}`),
    failure && element('p', { lang: 'en', class: 'soft' }, `${failure.message} ${failure.advice ?? ''}`),
  ])
}

function profileEntry(scene: Scene, profile: ProfileState): PageElement {
  const { words } = scene
  const { name, isCurrent, state: condition, reason } = profile
  return element('li', { key: name, class: `profile ${isCurrent ? 'current' : ''}` }, [
    element('div', { class: 'profile-head' }, [
      element('h2', {}, name),
      isCurrent && element('p', { class: 'tag' }, words.accounts.inUse),
      element('p', { class: `condition ${condition}` }, words.accounts.states[condition]),
    ]),
    facts(profileFacts(scene, profile)),
    reason !== null && element('p', { class: 'code-name' }, element('code', {}, reason)),
    profileButtons(scene, profile),
  ])
}

function profileFacts(scene: Scene, { account, store, expiresAtMs, isSignedIn }: ProfileState): [string, Child][] {
  const { state, words, format } = scene
  const { accounts } = words
  const email = state.showsAddresses ? account?.email : account?.maskedEmail
  const pairs: [string, Child][] = [[accounts.account, isSignedIn ? (email ?? words.unknown) : accounts.nobody]]
  if (account?.planType) pairs.push([accounts.plan, toPlanName(account.planType)])
  if (expiresAtMs !== null && isSignedIn) pairs.push([accounts.expires, format.moment(expiresAtMs, state.nowMs)])
  if (store !== null) pairs.push([accounts.store, element('code', {}, store)])
  return pairs
}

/** A sign-in whose next refresh will fail still works, and is best done again before it ends. */
function profileButtons({ words, actions }: Scene, { name, isCurrent, isSignedIn, reason }: ProfileState): PageElement {
  const { accounts } = words
  const of = (label: string) => ({ 'aria-label': `${label}: ${name}` })
  return element('div', { class: 'buttons' }, [
    !isCurrent && button(accounts.use, () => actions.useProfile(name), of(accounts.use)),
    (!isSignedIn || reason !== null) &&
      button(accounts.signIn, () => actions.signIn({ profile: name }), { class: 'primary', ...of(accounts.signIn) }),
    isSignedIn &&
      button(
        accounts.switchAccount,
        () => actions.signIn({ profile: name, switchAccount: true }),
        of(accounts.switchAccount),
      ),
    isSignedIn && button(accounts.signOut, () => actions.considerSignOut(name), of(accounts.signOut)),
  ])
}

function addressSwitch({ state, words, actions }: Scene): PageElement {
  const label = state.showsAddresses ? words.accounts.hide : words.accounts.show
  return element('p', { class: 'addresses' }, button(label, actions.toggleAddresses, { class: 'quiet' }))
}

function newProfile({ state, words, actions }: Scene): PageElement {
  const { accounts } = words
  const submit = (event: Event) => {
    event.preventDefault()
    actions.signIn({ profile: state.newProfile })
  }
  return element('form', { class: 'new-profile', on: { submit } }, [
    element('h2', {}, accounts.add),
    element('p', { class: 'soft' }, accounts.addText),
    element('label', { for: 'new-profile' }, accounts.name),
    element('div', { class: 'buttons' }, [
      element('input', {
        id: 'new-profile',
        required: true,
        autocomplete: 'off',
        autocapitalize: 'none',
        spellcheck: 'false',
        value: state.newProfile,
        on: { input: (event) => actions.nameNewProfile(valueOf(event)) },
      }),
      element('button', { type: 'submit' }, accounts.addButton),
    ]),
  ])
}

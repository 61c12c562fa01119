import type { SignOutOrder } from '../../gateway/index.js'
import { element, type PageElement } from './element.js'
import { button } from './parts.js'
import type { Scene } from './scene.js'

const ways: readonly SignOutOrder['how'][] = ['sign-out', 'forget', 'revoke']

/** Three ways out, each with what it does, before anything is done. */
export function signOutDialog(scene: Scene): PageElement | undefined {
  const { state, words, actions } = scene
  if (!state.signOut) return undefined
  const { profile } = state.signOut
  const confirm = (event: Event) => {
    actions.confirmSignOut()
    closeDialog(event)
  }
  return element(
    'dialog',
    { 'aria-labelledby': 'sign-out-title', mounted: showModal, on: { close: actions.abandonSignOut } },
    [
      element('h2', { id: 'sign-out-title' }, words.signOut.title(profile)),
      element('fieldset', {}, [element('legend', {}, words.signOut.how), ways.map((way) => wayOut(scene, way))]),
      element('div', { class: 'buttons' }, [
        button(words.signOut.confirm, confirm, { class: 'primary' }),
        button(words.cancel, closeDialog),
      ]),
    ],
  )
}

function wayOut({ state, words, actions }: Scene, way: SignOutOrder['how']): PageElement {
  const isChosen = state.signOut?.how === way
  const id = `way-${way}`
  return element('div', { class: 'way' }, [
    element('input', {
      type: 'radio',
      name: 'way',
      id,
      'aria-describedby': `${id}-text`,
      checked: isChosen,
      on: { change: () => actions.chooseSignOut(way) },
    }),
    element('label', { for: id }, words.signOut[way]),
    element('p', { id: `${id}-text`, class: 'soft' }, words.signOut[`${way}Text`]),
  ])
}

function showModal(dialog: Element): void {
  if (dialog instanceof HTMLDialogElement) dialog.showModal()
}

/** Closed and not merely taken away, a dialog gives the focus back to whoever opened it. */
function closeDialog({ target }: Event): void {
  if (target instanceof Element) target.closest('dialog')?.close()
}

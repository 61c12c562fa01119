import type { ConsoleState, SignOutAnswer } from '../../gateway/index.js'
import type { ActionParts } from './action-parts.js'
import type { Actions } from './actions.js'
import type { Loads } from './create-loads.js'

type AccountActions = Pick<
  Actions,
  | 'signIn'
  | 'cancelSignIn'
  | 'useProfile'
  | 'nameNewProfile'
  | 'toggleAddresses'
  | 'considerSignOut'
  | 'chooseSignOut'
  | 'abandonSignOut'
  | 'confirmSignOut'
  | 'leave'
>

/** Signing in and out. How far a sign-in is, the events tell: the answer to an order may come after them. */
export function createAccountActions(
  { client, read, change, order }: ActionParts,
  { loadState }: Pick<Loads, 'loadState'>,
): AccountActions {
  async function confirmSignOut(): Promise<void> {
    const { signOut } = read()
    if (!signOut) return
    change({ signOut: undefined })
    change({ signOutAnswer: await client.post<SignOutAnswer>('/api/sign-out', signOut) })
    await loadState()
  }

  return {
    signIn: (signInOrder) =>
      order(async () => {
        change({ signOutAnswer: undefined, newProfile: '' })
        await client.post('/api/sign-in', signInOrder)
      }),
    cancelSignIn: () => order(() => client.post('/api/sign-in/cancel', {})),
    useProfile: (name) =>
      order(async () => change({ console: await client.post<ConsoleState>('/api/profile', { name }) })),
    nameNewProfile: (newProfile) => change({ newProfile }),
    toggleAddresses: () => change({ showsAddresses: !read().showsAddresses }),
    considerSignOut: (profile) => change({ signOut: { profile, how: 'sign-out' }, signOutAnswer: undefined }),
    chooseSignOut: (how) => {
      const { signOut } = read()
      if (signOut) change({ signOut: { ...signOut, how } })
    },
    abandonSignOut: () => change({ signOut: undefined }),
    confirmSignOut: () => order(confirmSignOut),
    leave: () =>
      order(async () => {
        await client.post('/api/leave', {})
        change({ connection: 'locked', console: undefined })
      }),
  }
}

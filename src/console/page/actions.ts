import type { SignInOrder, SignOutOrder } from '../../gateway/index.js'
import type { Language } from './languages.js'

/** What a person may do on the page. */
export interface Actions {
  readonly chooseLanguage: (language: Language) => void
  readonly copy: (text: string) => void
  readonly dismissFailure: () => void
  readonly refresh: () => void
  readonly signIn: (order: SignInOrder) => void
  readonly cancelSignIn: () => void
  readonly useProfile: (name: string) => void
  readonly nameNewProfile: (name: string) => void
  readonly toggleAddresses: () => void
  readonly considerSignOut: (profile: string) => void
  readonly chooseSignOut: (how: SignOutOrder['how']) => void
  readonly abandonSignOut: () => void
  readonly confirmSignOut: () => void
  readonly showHistory: (every: 'hour' | 'day') => void
  readonly searchModels: (text: string) => void
  readonly tryModel: (id: string) => void
  readonly chooseModel: (id: string) => void
  readonly chooseEffort: (effort: string) => void
  readonly ask: (text: string) => void
  readonly stopAnswer: () => void
  readonly clearTurns: () => void
  readonly examine: () => void
  readonly leave: () => void
}

import type { Actions } from './actions.js'
import type { Format } from './create-format.js'
import type { Words } from './languages.js'
import type { PageState } from './page-state.js'

/** What a view is given: what there is to show, and how to say it. A view is a function of it and nothing else. */
export interface Scene {
  readonly state: PageState
  readonly words: Words
  readonly format: Format
  readonly actions: Actions
}

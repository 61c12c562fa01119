import { createActionParts, type ActionsOptions } from './action-parts.js'
import type { Actions } from './actions.js'
import { createAccountActions } from './create-account-actions.js'
import { createAnswers } from './create-answers.js'
import { createLoads, type Loads } from './create-loads.js'

/** Everything the page does: it asks the gateway, and puts what it learns into the state. */
export function createActions(options: ActionsOptions): Actions & Loads {
  const parts = createActionParts(options)
  const { now, read, change, order, copyText, keepLanguage } = parts
  const loads = createLoads(parts)
  return {
    ...loads,
    ...createAccountActions(parts, loads),
    ...createAnswers(parts),
    chooseLanguage: (language) => {
      keepLanguage(language)
      change({ language })
    },
    copy: (text) =>
      order(async () => {
        await copyText(text)
        change({ copied: { text, atMs: now() } })
      }),
    dismissFailure: () => change({ failure: undefined, signOutAnswer: undefined }),
    refresh: () => order(() => loads.loadState(true)),
    showHistory: (historyEvery) => {
      change({ historyEvery })
      void loads.loadHistory()
    },
    searchModels: (modelSearch) => change({ modelSearch }),
    examine: () => {
      if (!read().isExamining) order(loads.loadDoctor)
    },
  }
}

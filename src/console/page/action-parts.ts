import type { ConsoleFailure } from '../../gateway/index.js'
import { GatewayRefusal, type GatewayClient } from './gateway-client.js'
import { languages } from './languages.js'
import type { PageState, ViewName } from './page-state.js'

/** What the page may touch beside its own state. */
export interface ActionsOptions {
  readonly client: GatewayClient
  readonly now: () => number
  readonly read: () => PageState
  readonly change: (change: Partial<PageState>) => void
  readonly copyText: (text: string) => Promise<void>
  readonly keepLanguage: (language: string) => void
  readonly goTo: (view: ViewName) => void
}

/** What every action is made with. */
export interface ActionParts extends ActionsOptions {
  /** Does it, and shows why it could not be done. */
  readonly attempt: (task: () => Promise<void>) => Promise<void>
  /** The same, for a person: what failed before does not matter any more. */
  readonly order: (task: () => Promise<void>) => void
}

export function createActionParts(options: ActionsOptions): ActionParts {
  const { read, change } = options

  async function attempt(task: () => Promise<void>): Promise<void> {
    try {
      await task()
    } catch (error) {
      const failure = toFailure(error, read())
      const isLocked = failure.code === 'console_session_required'
      change(isLocked ? { connection: 'locked', console: undefined } : { failure })
    }
  }

  function order(task: () => Promise<void>): void {
    change({ failure: undefined })
    void attempt(task)
  }

  return { ...options, attempt, order }
}

/** What to tell a person. Whatever is no refusal of the gateway, nor the browser's, is the lack of an answer. */
export function toFailure(error: unknown, { language }: PageState): ConsoleFailure {
  const { failures, copyFailed } = languages[language]
  if (error instanceof GatewayRefusal) return error.failure
  if (error instanceof DOMException) return { code: error.name, message: copyFailed, advice: null }
  return { code: 'gateway_unreachable', message: failures.unreachable, advice: failures.unreachableAdvice }
}

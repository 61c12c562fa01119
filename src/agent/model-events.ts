import type { Logger } from '../core/index.js'

/** The models that a picker may offer are others now, perhaps none. */
export interface ModelsChanged {
  readonly type: 'modelsChanged'
  readonly reason: 'signed_in' | 'signed_out' | 'list_changed'
  /** Best first; empty when nobody is signed in, or while the list is not known. */
  readonly models: readonly string[]
}

/** Told of each change as it happens; what it throws is logged and goes no further. */
export type ModelsListener = (event: ModelsChanged) => void

/** Who wants to know of changes, and what was last told. */
export interface ModelEvents {
  readonly subscribe: (listener: ModelsListener) => () => void
  readonly emit: (reason: ModelsChanged['reason'], models: readonly string[]) => void
  /** Emits only when the list differs from the last one. */
  readonly notice: (models: readonly string[]) => void
  /** Whether anybody listens. */
  readonly isHeard: () => boolean
}

export function createModelEvents(logger: Logger): ModelEvents {
  const listeners = new Set<ModelsListener>()
  let known: string | undefined

  function emit(reason: ModelsChanged['reason'], models: readonly string[]): void {
    known = models.join(' ')
    for (const listener of listeners) {
      try {
        listener({ type: 'modelsChanged', reason, models })
      } catch {
        logger.warn('A listener failed on the event "modelsChanged".')
      }
    }
  }

  return {
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    emit,
    notice: (models) => {
      const isNews = known !== undefined && known !== models.join(' ')
      known = models.join(' ')
      if (isNews) emit('list_changed', models)
    },
    isHeard: () => listeners.size > 0,
  }
}

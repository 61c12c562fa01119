import { isAuthError } from '../core/index.js'
import type { AgentParts } from './agent-parts.js'
import { readAgentModels } from './agent-reads.js'
import type { ModelsChanged } from './model-events.js'

/** How closely to watch. */
export interface WatchOptions {
  readonly signal?: AbortSignal | undefined
  /** How often to look whether somebody signed in or out; default every two seconds. Asks nobody. */
  readonly everyMs?: number | undefined
}

/** How long a list that nobody changed here is trusted, as the cache of models does. */
const freshForMs = 5 * 60_000

/** Ends when the signal aborts. While the backend cannot be reached, the last list stands. */
export async function* watchModels(parts: AgentParts, options: WatchOptions): AsyncGenerator<ModelsChanged> {
  const { signal, everyMs = 2000 } = options
  let told: ModelsChanged | undefined
  const isOver = () => signal?.aborted === true
  while (!isOver()) {
    const revision = await parts.store.revision?.()
    const models = await readNow(parts, signal)
    if (models && (!told || told.models.join(' ') !== models.join(' '))) {
      told = { type: 'modelsChanged', reason: reasonFor(told?.models, models), models }
      yield told
    }
    await untilChanged(parts, revision, { everyMs, signal })
  }
}

function reasonFor(before: readonly string[] = [], now: readonly string[]): ModelsChanged['reason'] {
  if (now.length === 0) return 'signed_out'
  return before.length === 0 ? 'signed_in' : 'list_changed'
}

/** None while nobody is signed in; `undefined` while nobody can tell. */
async function readNow(parts: AgentParts, signal: AbortSignal | undefined): Promise<readonly string[] | undefined> {
  try {
    const { models } = await readAgentModels(parts, { signal })
    return models
  } catch (error) {
    if (signal?.aborted) return undefined
    if (!isAuthError(error)) throw error
    return error.remedy === 'sign-in' ? [] : undefined
  }
}

async function untilChanged(
  { store, clock }: AgentParts,
  revision: string | undefined,
  { everyMs, signal }: { readonly everyMs: number; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const untilMs = clock.now() + freshForMs
  const isOver = () => signal?.aborted === true
  while (!isOver() && clock.now() < untilMs && (await store.revision?.()) === revision) {
    await clock.sleep(everyMs, signal).catch(ignoreAbort(signal))
  }
}

function ignoreAbort(signal: AbortSignal | undefined) {
  return (error: unknown) => {
    if (!signal?.aborted) throw error
  }
}

import type { Clock } from '../core/index.js'
import type { AgentResult, AwaitingUser } from './agent-result.js'
import type { FlowOptions } from './flow-steps.js'

/** How long to wait for the person. */
export interface WaitOptions extends Pick<FlowOptions, 'flowId'> {
  /** Default 45 seconds: clients of MCP give up on a call after 60. */
  readonly maxWaitMs?: number | undefined
  /** Ends the waiting, and not the sign-in. */
  readonly signal?: AbortSignal | undefined
  /** Called after every check that found nothing yet. */
  readonly onWaiting?: ((result: AwaitingUser) => void) | undefined
}

const defaultWaitMs = 45_000
/** After a check that failed in passing. */
const retryMs = 5000

/** Waits in here at the issuer's rhythm, so that a model needs no turn for it. What fails in passing is tried again while there is time. */
export async function waitForFlow(
  check: (options: FlowOptions) => Promise<AgentResult>,
  clock: Clock,
  { flowId, maxWaitMs = defaultWaitMs, signal, onWaiting }: WaitOptions,
): Promise<AgentResult> {
  const deadlineMs = clock.now() + maxWaitMs
  for (;;) {
    signal?.throwIfAborted()
    const result = await check({ flowId })
    const pauseMs = pauseBefore(result, clock.now())
    if (pauseMs === undefined || clock.now() + pauseMs > deadlineMs) return result
    if (result.status === 'awaiting_user') onWaiting?.(result)
    await clock.sleep(pauseMs, signal)
  }
}

/** @returns `undefined` when there is nothing to wait for */
function pauseBefore(result: AgentResult, nowMs: number): number | undefined {
  if (result.status === 'awaiting_user') return Math.max(1000, Date.parse(result.pollAfter) - nowMs)
  return result.status === 'error' && result.retryable ? retryMs : undefined
}

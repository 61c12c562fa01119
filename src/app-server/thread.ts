import { AuthError } from '../core/index.js'
import { listen, type ListenOptions, type NotificationOf } from './notifications.js'
import type { Notifications } from './protocol/methods.js'
import type {
  ThreadStartParams,
  ThreadStartResponse,
  TurnError,
  TurnInterruptParams,
  TurnStartParams,
  TurnStatus,
} from './protocol/wire.js'
import type { RpcPeer } from './rpc-peer.js'
import { callTyped } from './typed-call.js'

const turnEvents = [
  'turn/started',
  'turn/completed',
  'item/started',
  'item/completed',
  'item/agentMessage/delta',
  'item/reasoning/textDelta',
  'item/reasoning/summaryTextDelta',
  'item/commandExecution/outputDelta',
  'thread/tokenUsage/updated',
  'modelProvider/authRecoveryStarted',
  'modelProvider/authRecoveryCompleted',
  'error',
] as const satisfies readonly (keyof Notifications)[]

/** Something that happens in a turn. */
export type TurnEvent = NotificationOf<(typeof turnEvents)[number]>

/** One prompt and what comes of it: iterate it once. It ends after `turn/completed`. */
export interface Turn extends AsyncIterable<TurnEvent> {
  readonly id: string
  /** Asks the server to stop; the turn then ends as `interrupted`. @throws AuthError `ERR_RPC_*` */
  interrupt(): Promise<void>
}

/** What may be set for a turn, besides its prompt. */
export type TurnOptions = ListenOptions & Omit<Partial<TurnStartParams>, 'threadId' | 'input'>

/** A conversation. */
export interface Thread {
  readonly id: string
  readonly started: ThreadStartResponse
  /**
   * Sends a prompt. When `options.signal` aborts, the turn is interrupted and the iteration ends with the signal's reason.
   *
   * @throws AuthError `ERR_RPC_*`
   */
  startTurn(prompt: string | TurnStartParams['input'], options?: TurnOptions): Promise<Turn>
}

/** How a turn ended. */
export interface TurnOutcome {
  readonly status: TurnStatus
  /** What the agent said, its messages one after the other. */
  readonly text: string
  readonly error: TurnError | null
}

export async function startThread(peer: RpcPeer, params: ThreadStartParams): Promise<Thread> {
  const started = await callTyped(peer, 'thread/start', params)
  const { id } = started.thread
  return { id, started, startTurn: (prompt, options = {}) => startTurn(peer, id, prompt, options) }
}

async function startTurn(
  peer: RpcPeer,
  threadId: string,
  prompt: string | TurnStartParams['input'],
  { signal, ...params }: TurnOptions,
): Promise<Turn> {
  signal?.throwIfAborted()
  // Heard from before the turn starts, since its first events may come before its id.
  const events = listen(peer, turnEvents, { signal })
  const milestones = listen(peer, ['turn/started', 'turn/completed'])
  const input = typeof prompt === 'string' ? [{ type: 'text' as const, text: prompt, text_elements: [] }] : prompt
  try {
    // Without the signal: a turn that has been asked for will run, and has to be interrupted.
    const { turn } = await callTyped(peer, 'turn/start', { ...params, threadId, input })
    const interrupt = createInterrupt(peer, { threadId, turnId: turn.id }, milestones)
    const over = new AbortController()
    onAbort(signal, interrupt, over.signal)
    return { id: turn.id, interrupt, [Symbol.asyncIterator]: () => eventsOf(events, turn.id, over) }
  } catch (error) {
    events.end()
    milestones.end()
    throw error
  }
}

type Milestones = AsyncIterable<NotificationOf<'turn/started' | 'turn/completed'>>

/** Until the server says that the turn has begun, it has "no active turn to interrupt", and the turn would go on. */
function createInterrupt(peer: RpcPeer, turn: TurnInterruptParams, milestones: Milestones): () => Promise<void> {
  const begun = waitForBegin(milestones, turn.turnId)
  begun.catch(() => undefined)
  return async () => {
    await begun
    await callTyped(peer, 'turn/interrupt', turn)
  }
}

async function waitForBegin(milestones: Milestones, turnId: string): Promise<void> {
  for await (const { params } of milestones) if (params.turn.id === turnId) return
}

/** The reader is told by the signal's reason; a turn that has ended meanwhile has nothing left to interrupt. */
function onAbort(signal: AbortSignal | undefined, interrupt: () => Promise<void>, over: AbortSignal): void {
  const stop = () => void interrupt().catch(() => undefined)
  if (signal?.aborted === true) stop()
  signal?.addEventListener('abort', stop, { signal: over })
}

async function* eventsOf(
  events: AsyncIterable<TurnEvent>,
  turnId: string,
  over: AbortController,
): AsyncGenerator<TurnEvent> {
  for await (const event of events) {
    if (turnIdOf(event) !== turnId) continue
    if (event.method === 'turn/completed') over.abort()
    yield event
    if (event.method === 'turn/completed') return
  }
}

function turnIdOf({ params }: TurnEvent): string {
  return 'turn' in params ? params.turn.id : params.turnId
}

/** Reads a turn to its end. @throws AuthError `ERR_RPC_CLOSED`, `ERR_RPC_OVERFLOW` */
export async function collectTurn(turn: Turn): Promise<TurnOutcome> {
  const messages: string[] = []
  for await (const { method, params } of turn) {
    if (method === 'item/completed' && params.item.type === 'agentMessage') messages.push(params.item.text)
    if (method === 'turn/completed') {
      return { status: params.turn.status, text: messages.join('\n'), error: params.turn.error }
    }
  }
  throw new AuthError('ERR_RPC_CLOSED', 'The connection was closed before the turn ended.')
}

import type { ConsoleFailure } from '../../gateway/index.js'
import { toFailure, type ActionParts } from './action-parts.js'
import type { Actions } from './actions.js'
import type { PageState, Playground, Turn, TurnFacts } from './page-state.js'
import { readEvents, type AnswerError, type AnswerEvent } from './read-events.js'

type PlaygroundActions = Pick<
  Actions,
  'tryModel' | 'chooseModel' | 'chooseEffort' | 'ask' | 'stopAnswer' | 'clearTurns'
>

/** What can be done in the playground: a question, and its answer as it comes. */
export function createAnswers({ client, now, read, change, goTo }: ActionParts): PlaygroundActions {
  let running: AbortController | undefined

  function alter(part: Partial<Playground>): void {
    change({ playground: { ...read().playground, ...part } })
  }

  function alterAnswer(part: Partial<Turn> | ((answer: Turn) => Partial<Turn>)): void {
    const { turns } = read().playground
    const last = turns.at(-1)
    if (!last) return
    alter({ turns: [...turns.slice(0, -1), { ...last, ...(typeof part === 'function' ? part(last) : part) }] })
  }

  function hear(event: AnswerEvent, factsOf: (event: AnswerEvent) => TurnFacts): void {
    const { type, delta = '' } = event
    if (type === 'response.output_text.delta') alterAnswer(({ text }) => ({ text: text + delta }))
    else if (type === 'response.completed' || type === 'response.incomplete') alterAnswer({ facts: factsOf(event) })
    else if (type === 'response.failed') alterAnswer({ failure: toEventFailure(event.response?.error) })
    else if (type === 'error') alterAnswer({ failure: toEventFailure(event.error ?? event) })
  }

  async function answer(model: string, effort: string | undefined, signal: AbortSignal): Promise<void> {
    const startedAtMs = now()
    const factsOf = ({ response }: AnswerEvent): TurnFacts => ({
      model,
      durationMs: now() - startedAtMs,
      inputTokens: response?.usage?.input_tokens ?? 0,
      outputTokens: response?.usage?.output_tokens ?? 0,
    })
    const input = toInput(read().playground.turns)
    const reasoning = effort === undefined ? {} : { reasoning: { effort } }
    const stream = await client.stream('/v1/responses', { model, input, stream: true, ...reasoning }, signal)
    for await (const event of readEvents(stream)) {
      if (signal.aborted) return
      hear(event, factsOf)
    }
  }

  async function ask(text: string): Promise<void> {
    const { playground } = read()
    const model = chosenModel(read())
    if (model === undefined || playground.isAnswering || text.trim() === '') return
    const turns: Turn[] = [...playground.turns, { role: 'user', text }, { role: 'assistant', text: '' }]
    alter({ turns, isAnswering: true })
    running = new AbortController()
    const { signal } = running
    try {
      await answer(model, playground.effort, signal)
    } catch (error) {
      if (!signal.aborted) alterAnswer({ failure: toFailure(error, read()) })
    } finally {
      if (running.signal === signal) alter({ isAnswering: false })
    }
  }

  function stop(): void {
    running?.abort()
    alter({ isAnswering: false })
  }

  return {
    tryModel: (model) => {
      alter({ model, effort: undefined })
      goTo('playground')
    },
    chooseModel: (model) => alter({ model, effort: undefined }),
    chooseEffort: (effort) => alter({ effort: effort === '' ? undefined : effort }),
    ask: (text) => void ask(text),
    stopAnswer: stop,
    clearTurns: () => {
      stop()
      alter({ turns: [] })
    },
  }
}

/** The model that is asked: the chosen one as long as the plan has it, else the plan's default. */
export function chosenModel({ console, playground }: PageState): string | undefined {
  if (console?.models.state !== 'known') return undefined
  const { models } = console.models
  const found = models.find(({ id }) => id === playground.model) ?? models.find(({ isDefault }) => isDefault)
  return found?.id ?? models[0]?.id
}

/** The conversation so far as the API takes it, without answers that never came. */
function toInput(turns: readonly Turn[]): readonly object[] {
  return turns
    .filter(({ text }) => text !== '')
    .map(({ role, text }) => ({
      role,
      content: [{ type: role === 'user' ? 'input_text' : 'output_text', text }],
    }))
}

function toEventFailure(error: AnswerError | null | undefined): ConsoleFailure {
  return { code: error?.code ?? 'response_failed', message: error?.message ?? 'The answer failed.', advice: null }
}

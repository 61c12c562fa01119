import type * as AiSdk from 'ai'
import { MockLanguageModelV3 } from 'ai/test'
import type { createOpenAIOAuthTools } from '../../src/agent/ai-sdk-tools.js'
import type { AgentLab } from './agent-lab.js'

/** What a scripted model does next: calls a tool, `openai_oauth` when not told otherwise, or says something and ends its turn. */
export type Move = { readonly call: Record<string, unknown>; readonly tool?: string } | { readonly say: string }

/** A script, or what a model makes of the last answer of its tool. */
export type Script = readonly (Move | ((last: Record<string, unknown>) => Move))[]

/** A call of the tool that ran, and in which of the person's turns. */
export interface Ran {
  readonly action: unknown
  readonly turn: number
  readonly result: Record<string, unknown>
}

export interface ConversationOptions {
  readonly sdk: Pick<typeof AiSdk, 'generateText' | 'stepCountIs'>
  readonly tools: ReturnType<typeof createOpenAIOAuthTools>
  readonly lab: AgentLab
  readonly script: Script
  /** Whether the person allows what the host asks about; default yes. */
  readonly allows?: boolean
  /** `toolApproval`, where the SDK has it. */
  readonly settings?: object
}

/** A person, a host and a scripted model, which is as bad as its script. */
export interface Conversation {
  /** What the person says; the model's turn follows. @returns what the model said at its end */
  says(text: string): Promise<string>
  readonly ran: readonly Ran[]
  /** What the host asked the person to allow. */
  readonly asked: readonly unknown[]
  /** Everything that any model call was given. */
  readonly seen: () => string
}

/** A model that says no more once its script is over. */
const silence: Move = { say: 'Done.' }

export function createConversation(options: ConversationOptions): Conversation {
  const { sdk, lab, allows = true, settings = {} } = options
  const script = [...options.script]
  const messages: AiSdk.ModelMessage[] = []
  const ran: Ran[] = []
  const asked: unknown[] = []
  let turn = 0

  const model = new MockLanguageModelV3({
    doGenerate: async ({ prompt }) => {
      const next = script.shift() ?? silence
      return toAnswer(typeof next === 'function' ? next(lastResult(prompt)) : next)
    },
  })
  const tools = recording(options.tools, (action, result) => ran.push({ action, turn, result }))

  async function takeTurn(): Promise<string> {
    const result = await sdk.generateText({ model, tools, messages, stopWhen: sdk.stepCountIs(40), ...settings })
    // Under another name in each major: every message since the person's.
    messages.push(...((result as { responseMessages?: typeof messages }).responseMessages ?? result.response.messages))
    const requests = result.content.filter((part) => part.type === 'tool-approval-request')
    if (requests.length === 0) return result.text
    asked.push(...requests.map(({ toolCall }) => toolCall.input))
    messages.push({
      role: 'tool',
      content: requests.map(({ approvalId }) => ({
        type: 'tool-approval-response' as const,
        approvalId,
        approved: allows,
      })),
    })
    return takeTurn()
  }

  return {
    says: async (text) => {
      turn += 1
      messages.push({ role: 'user', content: text })
      const said = await takeTurn()
      lab.canary.show('what a model was given', JSON.stringify(model.doGenerateCalls))
      lab.canary.show('the conversation', JSON.stringify(messages))
      return said
    },
    ran,
    asked,
    seen: () => JSON.stringify(model.doGenerateCalls.map(({ prompt }) => prompt)),
  }
}

type Tools = ConversationOptions['tools']

function recording(
  tools: Tools,
  note: (action: unknown, result: Record<string, unknown>) => void,
): { openai_oauth: Tools['openai_oauth'] } {
  const { execute } = tools.openai_oauth
  return {
    openai_oauth: {
      ...tools.openai_oauth,
      execute: async (input: never, more: never) => {
        const result = (await execute?.(input, more)) as Record<string, unknown>
        note((input as { action: unknown }).action, result)
        return result
      },
    } as Tools['openai_oauth'],
  }
}

let calls = 0

/** A move as a model of the SDK's answers with it. */
export function toAnswer(move: Move) {
  const usage = {
    inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 1, text: 1, reasoning: 0 },
  }
  if ('say' in move) {
    const content = [{ type: 'text' as const, text: move.say }]
    return { content, finishReason: { unified: 'stop' as const, raw: undefined }, usage, warnings: [] }
  }
  calls += 1
  const { tool: toolName = 'openai_oauth' } = move
  const call = { toolCallId: `call-${calls}`, toolName, input: JSON.stringify(move.call) }
  const content = [{ type: 'tool-call' as const, ...call }]
  return { content, finishReason: { unified: 'tool-calls' as const, raw: undefined }, usage, warnings: [] }
}

interface PromptMessage {
  readonly role: string
  readonly content: unknown
}

/** As a model sees it: after `toModelOutput`. */
function lastResult(prompt: readonly PromptMessage[]): Record<string, unknown> {
  const results = prompt
    .filter(({ role }) => role === 'tool')
    .flatMap(({ content }) => content as { type: string; output?: { value?: unknown } }[])
    .filter(({ type }) => type === 'tool-result')
  return (results.at(-1)?.output?.value ?? {}) as Record<string, unknown>
}

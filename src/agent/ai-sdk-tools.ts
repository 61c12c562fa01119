/**
 * The tool `openai_oauth` for the AI SDK, with what asks the person before a sign-in is started or ended.
 *
 * @module
 */
import { jsonSchema, tool, type ModelMessage, type Tool } from 'ai'
import { fingerprint, Secret } from '../core/index.js'
import type { Agent } from './create-agent.js'
import {
  needsPerson,
  runOpenAIOAuth,
  toolDescription,
  toolInputSchema,
  toolName,
  type OpenAIOAuthInput,
} from './openai-oauth.js'
import { createSkill } from './skill.js'
import type { SkillResult } from './skill-result.js'

export type { OpenAIOAuthInput } from './openai-oauth.js'

/** How the tool behaves. */
export interface OpenAIOAuthToolOptions {
  /** Default: the agent of the default profile. */
  readonly agent?: Agent | undefined
  /** The host shows address and code itself, so the model is not told the code. Default no. */
  readonly hostShowsCode?: boolean | undefined
}

/** The tools of this entry, by name. No interface, since a `ToolSet` may have any key. */
export type OpenAIOAuthTools = { readonly openai_oauth: Tool<OpenAIOAuthInput, SkillResult> }

/**
 * A tool set with `openai_oauth` in it. Within one turn of the person the issuer is asked once at most, however often the model polls.
 *
 * ```ts
 * const tools = createOpenAIOAuthTools()
 * await generateText({ model, tools, toolApproval: openAIOAuthApproval, messages })
 * ```
 *
 * With AI SDK 6, which has no `toolApproval`, the tool's own `needsApproval` asks the same.
 */
export function createOpenAIOAuthTools({
  agent,
  hostShowsCode = false,
}: OpenAIOAuthToolOptions = {}): OpenAIOAuthTools {
  const skill = createSkill({ agent })
  return {
    [toolName]: tool<OpenAIOAuthInput, SkillResult>({
      description: toolDescription,
      inputSchema: jsonSchema<OpenAIOAuthInput>(toolInputSchema()),
      needsApproval: needsPerson,
      metadata: { purpose: 'sign-in' },
      execute: async (input, { messages }) => runOpenAIOAuth(skill, input, await turnOf(messages)),
      toModelOutput: ({ output }) => ({ type: 'json', value: { ...(hostShowsCode ? withoutCode(output) : output) } }),
    }),
  }
}

/** For the option `toolApproval` of AI SDK 7: the person is asked before a start and before a logout. */
export const openAIOAuthApproval = {
  openai_oauth: (input: OpenAIOAuthInput): 'user-approval' | 'not-applicable' =>
    needsPerson(input) ? 'user-approval' : 'not-applicable',
} as const

/** A turn begins with the person's message: its place among theirs and what it says name it, hashed since it may be kept. */
async function turnOf(messages: readonly ModelMessage[]): Promise<string> {
  const said = messages.filter(({ role }) => role === 'user')
  return `${said.length}-${await fingerprint(new Secret(JSON.stringify(said.at(-1)?.content ?? '')))}`
}

function withoutCode(output: SkillResult): SkillResult {
  if (!output.ok || !('user_code' in output)) return output
  const { user_code: _userCode, instructions: _instructions, ...rest } = output
  return {
    ...rest,
    ok: true,
    instructions: 'The host shows the code to the user. Wait until they say that it is done.',
  }
}

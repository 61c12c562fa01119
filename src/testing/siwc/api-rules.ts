import { apiProblem, type Problem } from '../backend/problem.js'
import { isObject } from '../backend/request-body.js'

type Body = Readonly<Record<string, unknown>>

/** What a request for a plan has to leave out (siwc 6.3). */
const omittedFields = [
  'background',
  'conversation',
  'max_output_tokens',
  'max_tool_calls',
  'metadata',
  'moderation',
  'multi_agent',
  'previous_response_id',
  'prompt',
  'prompt_cache_options',
  'prompt_cache_retention',
  'safety_identifier',
  'temperature',
  'top_logprobs',
  'top_p',
  'truncation',
  'user',
] as const

const toolTypes = ['function', 'custom', 'namespace', 'web_search']

/** What the documented service refuses (siwc 6.3), in the order it looks; `undefined` when it takes the request. */
export function findApiProblem(body: Body): Problem | undefined {
  const field =
    omittedFields.find((name) => body[name] !== undefined) ?? brokenField(body) ?? brokenTool(body) ?? brokenItem(body)
  return field === undefined ? undefined : unsupported(field)
}

function brokenField(body: Body): string | undefined {
  if (typeof body['model'] !== 'string') return 'model'
  if (!Array.isArray(body['input'])) return 'input'
  if (body['store'] !== false) return 'store'
  return body['stream'] === true ? undefined : 'stream'
}

function brokenTool({ tools }: Body): string | undefined {
  const list: readonly unknown[] = Array.isArray(tools) ? tools : []
  const index = list.findIndex((tool) => !isObject(tool) || !toolTypes.includes(String(tool['type'])))
  return index === -1 ? undefined : `tools[${index}].type`
}

function brokenItem({ input }: Body): string | undefined {
  const items: readonly unknown[] = Array.isArray(input) ? input : []
  return items.some((item) => isObject(item) && item['role'] === 'system') ? 'input' : undefined
}

function unsupported(param: string): Problem {
  return apiProblem(400, {
    message: `A ChatGPT plan does not take ${param}.`,
    code: 'subscription_sharing_unsupported_capability',
    param,
  })
}

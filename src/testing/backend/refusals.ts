import type { EmulatedAccount } from '../accounts.js'
import type { RuleName } from '../rules.js'
import { allowedFields, webSocketFields } from './allowed-fields.js'
import type { CatalogueModel } from './model-catalogue.js'
import { type Problem, apiProblem, detailProblem } from './problem.js'
import { type InputItem, isMessage } from './prompt.js'
import { openReasoning } from './sealed-reasoning.js'

/** A request to `responses`, as the rules look at it. */
export interface Subject {
  readonly body: Readonly<Record<string, unknown>>
  readonly items: readonly InputItem[]
  readonly account: EmulatedAccount
  readonly models: readonly CatalogueModel[]
  readonly transport: 'http' | 'websocket'
  /**
   * It carries Codex's own turn metadata. The released 0.169.0 leaves `instructions` out and hands back the ids of items,
   * and gets along; everybody else is refused for either.
   */
  readonly isFromCodex: boolean
}

interface Refusal {
  readonly name: RuleName
  readonly check: (subject: Subject) => Problem | undefined
}

/** Longest `call_id` (openai/codex and others report the refusal word for word). */
const callIdLimit = 64

/** Ids the backend gives to what it says: reasoning, messages, calls of functions and of custom tools. */
const issuedId = /^(?:rs|msg|fc|ctc)_/

/** What the backend refuses, in the order it looks. */
export const refusals: readonly Refusal[] = [
  {
    name: 'store-must-be-false',
    check: ({ body }) => (body['store'] === false ? undefined : detailProblem('Store must be set to false')),
  },
  {
    name: 'stream-must-be-true',
    check: ({ body }) => (body['stream'] === true ? undefined : detailProblem('Stream must be set to true')),
  },
  {
    name: 'unsupported-field',
    check: ({ body, transport }) => {
      const field = Object.keys(body).find((name) => !isAllowed(name, transport))
      return field === undefined ? undefined : detailProblem(`Unsupported parameter: ${field}`)
    },
  },
  {
    name: 'input-must-be-a-list',
    check: ({ body }) => (Array.isArray(body['input']) ? undefined : detailProblem('Input must be a list')),
  },
  {
    name: 'instructions-required',
    check: ({ body, isFromCodex }) =>
      isFromCodex || isFilled(body['instructions']) ? undefined : detailProblem('Instructions are required'),
  },
  {
    name: 'no-system-message',
    check: ({ items }) =>
      items.some((item) => isMessage(item) && item['role'] === 'system')
        ? detailProblem('System messages are not allowed')
        : undefined,
  },
  {
    name: 'known-model',
    check: ({ body, models }) =>
      models.some(({ slug }) => slug === body['model'])
        ? undefined
        : detailProblem(
            `The '${String(body['model'])}' model is not supported when using Codex with a ChatGPT account.`,
          ),
  },
  { name: 'call-id-length', check: ({ items }) => first(items, longCallId) },
  {
    name: 'no-echoed-item-id',
    check: ({ items, isFromCodex }) => (isFromCodex ? undefined : first(items, echoedId)),
  },
  {
    name: 'no-altered-reasoning',
    check: ({ items, account }) => first(items, (item) => alteredReasoning(item, account)),
  },
]

function isAllowed(field: string, transport: Subject['transport']): boolean {
  return allowedFields.has(field) || (transport === 'websocket' && webSocketFields.has(field))
}

function isFilled(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function longCallId(item: InputItem, index: number): Problem | undefined {
  const callId = item['call_id']
  if (typeof callId !== 'string' || callId.length <= callIdLimit) return undefined
  const param = `input[${index}].call_id`
  return apiProblem(400, {
    message:
      `Invalid '${param}': string too long. Expected a string with maximum length ${callIdLimit}, ` +
      `but got a string with length ${callId.length} instead.`,
    code: 'string_above_max_length',
    param,
  })
}

function echoedId(item: InputItem): Problem | undefined {
  const id = item['id']
  if (typeof id !== 'string' || !(issuedId.test(id) || item['type'] === 'item_reference')) return undefined
  return apiProblem(404, {
    message:
      `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. ` +
      'Try again with `store` set to true, or remove this item from your input.',
    code: 'item_not_found',
    param: 'input',
  })
}

function alteredReasoning(item: InputItem, account: EmulatedAccount): Problem | undefined {
  const blob = item['encrypted_content']
  if (item['type'] !== 'reasoning' || typeof blob !== 'string') return undefined
  if (openReasoning(blob, account.accountId) !== undefined) return undefined
  return apiProblem(400, {
    message: `The encrypted content ${blob.slice(0, 4)}...${blob.slice(-4)} could not be verified.`,
    code: 'invalid_encrypted_content',
  })
}

function first(
  items: readonly InputItem[],
  check: (item: InputItem, index: number) => Problem | undefined,
): Problem | undefined {
  for (const [index, item] of items.entries()) {
    const problem = check(item, index)
    if (problem !== undefined) return problem
  }
  return undefined
}

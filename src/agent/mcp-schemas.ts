import { failureCodes, nextActions } from './agent-result.js'
import { flowIdPattern } from './sign-in-flow.js'

const text = { type: 'string' } as const
const instant = { type: 'string', format: 'date-time' } as const
const flag = { type: 'boolean' } as const

function input<Properties extends object>(properties: Properties) {
  return { type: 'object' as const, properties, additionalProperties: false }
}

/** What the tools take. */
export const inputSchemas = {
  nothing: input({}),
  start: input({
    switch_account: { ...flag, description: 'Replace whoever is signed in; only when the user asked for that.' },
  }),
  flow: input({
    flow_id: {
      ...text,
      pattern: flowIdPattern.source,
      description: 'The flowId of chatgpt_auth_start, good for 15 minutes. Default: the sign-in that is under way.',
    },
  }),
  read: input({ force: { ...flag, description: 'Ask anew instead of using a recent answer.' } }),
}

/** An `AgentResult`. Flat, since not every client understands alternatives; which members come with which status is in docs/mcp.md. */
export const resultSchema = {
  type: 'object' as const,
  properties: {
    status: {
      ...text,
      enum: [
        'signed_out',
        'signed_in',
        'already_signed_in',
        'awaiting_user',
        'reauth_required',
        'denied',
        'expired',
        'cancelled',
        'models',
        'usage',
        'error',
      ],
    },
    message: text,
    nextAction: { ...text, enum: [...nextActions] },
    flowId: text,
    verificationUri: { ...text, description: 'To be shown as it is, apart from the code.' },
    userCode: { ...text, description: 'To be shown as it is, apart from the address. Never to be shared.' },
    expiresAt: instant,
    pollAfter: instant,
    intervalSeconds: { type: 'number' },
    account: {
      type: 'object',
      properties: { email: text, accountId: text, plan: text },
      additionalProperties: false,
    },
    defaultModel: text,
    modelCount: { type: 'integer' },
    removed: flag,
    revocation: { ...text, enum: ['revoked', 'failed', 'not-needed'] },
    models: { type: 'array', items: text },
    usage: {
      type: 'object',
      properties: {
        plan: text,
        limits: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              limit: text,
              name: text,
              usedPercent: { type: 'number' },
              windowSeconds: { type: 'number' },
              resetsAt: instant,
            },
            required: ['limit', 'name', 'usedPercent'],
            additionalProperties: false,
          },
        },
        creditBalance: text,
      },
      required: ['limits'],
      additionalProperties: false,
    },
    source: { ...text, enum: ['network', 'cache'] },
    fetchedAt: instant,
    stale: flag,
    code: { ...text, enum: [...failureCodes] },
    retryable: flag,
    reason: text,
  },
  required: ['status', 'message', 'nextAction'],
  additionalProperties: false,
}

/** A `SkillResult`, whose members differ from function to function. */
export const skillResultSchema = {
  type: 'object' as const,
  properties: { ok: flag },
  required: ['ok'],
  additionalProperties: true,
}

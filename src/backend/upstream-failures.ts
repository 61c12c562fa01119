import type { FailureRow } from '../core/index.js'

type Meaning = Omit<FailureRow, 'named' | 'status' | 'saying'>

const refusedContent: Meaning = {
  code: 'ERR_UPSTREAM_CONTENT_POLICY',
  summary: 'OpenAI’s policies refuse what was asked',
  quotes: true,
}

const missingModel: Meaning = {
  code: 'ERR_UPSTREAM_MODEL_NOT_AVAILABLE',
  summary: 'This account cannot use the model',
  quotes: true,
}

const wrongHost: Meaning = {
  code: 'ERR_TOKEN_WRONG_ORIGIN',
  summary: 'This host does not take tokens of a ChatGPT plan',
}

const notTheBackend: Meaning = {
  code: 'ERR_TOKEN_WRONG_ORIGIN',
  summary: 'What answered is not the ChatGPT backend, or its URL has a wrong path',
}

const page = /^\s*<(!doctype|html|\?xml)/i

/** Failures that name themselves, in an answer and in a stream alike (protocol 9, real-codex 9). */
const namedFailures: readonly FailureRow[] = [
  {
    named: 'usage_limit_reached',
    code: 'ERR_UPSTREAM_USAGE_LIMIT',
    summary: 'The usage limit of your plan is reached',
  },
  {
    named: 'usage_not_included',
    code: 'ERR_UPSTREAM_USAGE_LIMIT',
    summary: 'Your ChatGPT plan does not include this',
    advice: 'A bigger plan would.',
  },
  {
    named: 'insufficient_quota',
    code: 'ERR_UPSTREAM_USAGE_LIMIT',
    summary: 'What your plan and its credits allow is used up',
  },
  {
    named: 'context_length_exceeded',
    code: 'ERR_UPSTREAM_CONTEXT_TOO_LONG',
    summary: 'The conversation is longer than the model’s context window',
  },
  ...['cyber_policy', 'bio_policy', 'misalignment_policy_violation', 'content_policy_violation', 'content_filter'].map(
    (named): FailureRow => ({ named, ...refusedContent }),
  ),
  { named: 'invalid_prompt', saying: /\bflagged\b/i, ...refusedContent },
  { saying: /flagged as potentially violating/i, ...refusedContent },
  { named: 'model_not_found', ...missingModel },
  {
    saying: /\bmodel\b.*\b(not supported|not exist|not found|retired|no longer (available|supported))/i,
    ...missingModel,
  },
  {
    named: 'rate_limit_exceeded',
    code: 'ERR_UPSTREAM_RATE_LIMITED',
    summary: 'Too many requests',
    quotes: true,
  },
  ...['server_is_overloaded', 'slow_down'].map((named): FailureRow => ({
    named,
    code: 'ERR_UPSTREAM_UNAVAILABLE',
    summary: 'The model is at capacity',
    advice: 'Try again in a moment, or use another model.',
  })),
]

const manageUsage = 'See https://chatgpt.com/settings/usage for what is used, and for the cap of this program.'

/** How the documented route names its failures (siwc 6.5). */
const planMeanings: Readonly<Record<string, Meaning>> = {
  usage_limit_exceeded: {
    code: 'ERR_UPSTREAM_USAGE_LIMIT',
    summary: 'The usage limit of your plan, or the cap you set for this program, is reached',
    advice: manageUsage,
  },
  workplace_individual_usage_limit_exceeded: {
    code: 'ERR_UPSTREAM_USAGE_LIMIT',
    summary: 'The limit that your workspace set for you is reached',
    advice: 'Ask the admin of your workspace.',
  },
  usage_unavailable: { code: 'ERR_UPSTREAM_UNAVAILABLE', summary: 'Your usage cannot be looked up now' },
  user_unavailable: { code: 'ERR_UPSTREAM_UNAVAILABLE', summary: 'Your account cannot be looked up now' },
  user_not_eligible: {
    code: 'ERR_UPSTREAM_REJECTED',
    summary: 'Your account may not use its plan in other programs',
    advice: 'Signing in again will not change it; see `docs/which-route.md`.',
  },
  unsupported_capability: {
    code: 'ERR_UPSTREAM_REJECTED',
    summary: 'The request asks for what a plan does not include',
    quotes: true,
  },
  route_not_supported: {
    code: 'ERR_UPSTREAM_REJECTED',
    summary: 'This endpoint does not take tokens of a plan',
  },
  invalid_user: { code: 'ERR_UPSTREAM_UNAUTHORIZED', summary: 'The service does not know the account' },
  client_not_enabled: { code: 'ERR_CONFIG_CLIENT', summary: 'This program is not enabled for plan use' },
}

/** The older names have a `v2_` in them. */
const planFailures: readonly FailureRow[] = Object.entries(planMeanings).flatMap(([name, meaning]) =>
  ['', 'v2_'].map((version) => ({ named: `subscription_sharing_${version}${name}`, ...meaning })),
)

/** What the grant lacks, or the client: trying again is of no use (siwc 6.5). */
const grantFailures: readonly FailureRow[] = [
  'chatpass_v2_scope_not_authorized',
  'chatpass_v2_invalid_authorization_context',
].map((named) => ({ named, code: 'ERR_CONFIG_CLIENT', summary: 'The sign-in does not cover this request' }))

/** What a refusal of the backend means. Whoever knows no path of ours is another server; a gateway's page is not ours either. */
export const backendFailures: readonly FailureRow[] = [
  ...namedFailures,
  ...planFailures,
  ...grantFailures,
  ...[401, 403].map((status): FailureRow => ({ status, saying: /missing scopes?:/i, ...wrongHost })),
  { status: { from: 300, to: 499 }, saying: page, ...notTheBackend },
  ...[404, 405].map((status): FailureRow => ({
    status,
    saying: /^((404|405)\W+)?(page |method )?not (found|allowed)\W*$/i,
    ...notTheBackend,
  })),
  { status: 401, code: 'ERR_UPSTREAM_UNAUTHORIZED', summary: 'The backend refused the sign-in', quotes: true },
  { status: 429, code: 'ERR_UPSTREAM_RATE_LIMITED', summary: 'Too many requests', quotes: true },
  {
    status: { from: 500, to: 599 },
    saying: page,
    code: 'ERR_UPSTREAM_UNAVAILABLE',
    summary: 'The backend failed, and a gateway answered with a page in its place',
  },
  { status: { from: 500, to: 599 }, code: 'ERR_UPSTREAM_UNAVAILABLE', summary: 'The backend failed', quotes: true },
  { code: 'ERR_UPSTREAM_REJECTED', summary: 'The backend refused the request', quotes: true },
]

/** What a failure within a stream means, where there is no status. */
export const streamFailures: readonly FailureRow[] = [
  ...namedFailures,
  ...planFailures,
  {
    named: 'invalid_encrypted_content',
    code: 'ERR_UPSTREAM_REJECTED',
    summary: 'The backend refused the request',
    quotes: true,
  },
  { code: 'ERR_UPSTREAM_RESPONSE_FAILED', summary: 'The answer failed', quotes: true },
]

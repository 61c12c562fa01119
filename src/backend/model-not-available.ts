import { AuthError, type AuthErrorDetails } from '../core/index.js'

/** Why a model cannot be used. The backend says the same of most: `unknown` unless it is certain. */
export type MissingModelReason = 'retired' | 'plan' | 'unknown'

/** What more there is to say of a model that cannot be used. */
export interface ModelNotAvailableDetails extends AuthErrorDetails {
  readonly reason: MissingModelReason
  /** The model as the backend names it. */
  readonly model?: string
}

/** `ERR_UPSTREAM_MODEL_NOT_AVAILABLE`: the account cannot use the model. */
export class ModelNotAvailableError extends AuthError {
  readonly reason: MissingModelReason
  declare readonly model?: string

  constructor(summary: string, details: ModelNotAvailableDetails) {
    const advice = adviceOf[details.reason]
    super('ERR_UPSTREAM_MODEL_NOT_AVAILABLE', summary, advice === undefined ? details : { ...details, advice })
    this.reason = details.reason
    if (details.model !== undefined) this.model = details.model
  }
}

const adviceOf: Readonly<Record<MissingModelReason, string | undefined>> = {
  retired: 'It was retired; see `planpass models` for its successors.',
  plan: 'A bigger plan would have it; see `planpass models` for what yours has.',
  unknown: undefined,
}

/** Taken out of ChatGPT plans on 2026-06-02, and refused in the same words as a model that never was (openai/codex#26053). */
const retiredModels: ReadonlySet<string> = new Set(['gpt-5.2', 'gpt-5.3-codex'])

/** The model that a refusal names. */
export function namedModel(words: string | undefined): string | undefined {
  const quoted = /['"`]([\w.:/-]{1,64})['"`]/.exec(words ?? '')
  return quoted?.[1]
}

/** Why, as far as the words of the refusal or a known retirement tell. */
export function missingReason(words: string | undefined, model: string | undefined): MissingModelReason {
  const isRetired = model !== undefined && retiredModels.has(model)
  if (isRetired || /\b(retired|deprecated|sunset|discontinued|no longer)\b/i.test(words ?? '')) return 'retired'
  return /\b(plans?|subscriptions?|upgrade)\b/i.test(words ?? '') ? 'plan' : 'unknown'
}

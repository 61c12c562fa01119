import { createOpenAI } from '@ai-sdk/openai'
import { systemClock } from '../core/index.js'
import { createPlanFetch } from './codex-oauth-fetch.js'
import { NoSuchModelError, type MissingModelType } from './no-such-model.js'
import { openSession } from './open-session.js'
import { toPlanModel, type OpenAIOAuthModel } from './plan-model.js'
import type { OpenAIOAuthSettings } from './settings.js'

/** `OpenAIOAuthSettings`, and how the provider is called. */
export interface OpenAIOAuthProviderSettings extends OpenAIOAuthSettings {
  /** In the telemetry of the AI SDK; default `openai-oauth`. */
  readonly name?: string | undefined
}

/** A ChatGPT plan as a provider of the AI SDK: language models, and no others. */
export interface OpenAIOAuthProvider {
  (modelId: string): OpenAIOAuthModel
  readonly specificationVersion: ReturnType<typeof createOpenAI>['specificationVersion']
  languageModel(modelId: string): OpenAIOAuthModel
  /** Asks in the words of the Responses API, as the backend does: the default. */
  responses(modelId: string): OpenAIOAuthModel
  /** Asks in the words of Chat Completions, which are translated. */
  chat(modelId: string): OpenAIOAuthModel
  /** @throws NoSuchModelError always */
  embeddingModel(modelId: string): never
  /** @throws NoSuchModelError always */
  textEmbeddingModel(modelId: string): never
  /** @throws NoSuchModelError always */
  imageModel(modelId: string): never
}

/** Sent to nobody: the session signs. */
const placeholderKey = 'planpass-signs-requests'

/**
 * A provider of the AI SDK, 6 or 7, that asks with a ChatGPT plan. Creating one reads, asks and refreshes nothing.
 *
 * Each result says in `providerMetadata.planpass` what is known of the plan's limits, and what was left out of the request. Failures are the
 * AI SDK's own, with our typed error as their cause: see `findAuthError`.
 *
 * ```ts
 * const openai = createOpenAIOAuth({ tokenStore })
 * const { text } = await generateText({ model: openai('gpt-5.4'), prompt: 'Hello' })
 * ```
 *
 * @throws AuthError `ERR_CONFIG_TOKEN_SOURCE`, `ERR_CONFIG_URL`, `ERR_CONFIG_CLIENT_NAME`, `ERR_UPSTREAM_UNSUPPORTED_FIELD`, all at once
 */
export function createOpenAIOAuth(settings: OpenAIOAuthProviderSettings = {}): OpenAIOAuthProvider {
  const { name = 'openai-oauth', clock = systemClock } = settings
  const session = openSession(settings)
  const openai = createOpenAI({
    name,
    apiKey: placeholderKey,
    baseURL: `${session.provider.backendUrl}/codex`,
    fetch: createPlanFetch(session, settings),
  })
  const responses = (modelId: string) => toPlanModel(openai.responses(modelId), clock)
  return Object.assign((modelId: string) => responses(modelId), {
    specificationVersion: openai.specificationVersion,
    languageModel: responses,
    responses,
    chat: (modelId: string) => toPlanModel(openai.chat(modelId), clock),
    embeddingModel: refuse('embeddingModel'),
    textEmbeddingModel: refuse('embeddingModel'),
    imageModel: refuse('imageModel'),
  })
}

function refuse(modelType: MissingModelType): (modelId: string) => never {
  return (modelId) => {
    throw new NoSuchModelError(modelId, modelType)
  }
}

import type { createOpenAI } from '@ai-sdk/openai'
import { findAuthError } from '../backend/index.js'
import type { Clock, JsonObject } from '../core/index.js'
import { toPlanMetadata } from './plan-metadata.js'

/** A language model, of whichever specification the installed `@ai-sdk/openai` implements. */
export type OpenAIOAuthModel = ReturnType<ReturnType<typeof createOpenAI>['responses']>

type CallOptions = Parameters<OpenAIOAuthModel['doGenerate']>[0]

/** The model, asked so that the backend understands it, and answering what it has to say of the plan. */
export function toPlanModel(model: OpenAIOAuthModel, clock: Clock): OpenAIOAuthModel {
  const { specificationVersion, provider, modelId } = model
  return {
    specificationVersion,
    provider,
    modelId,
    supportedUrls: model.supportedUrls,
    async doGenerate(options) {
      const result = await orRefinedFailure(clock, () => model.doGenerate(withoutStoring(options)))
      const planpass = toPlanMetadata(result.response?.headers, clock.now())
      return { ...result, providerMetadata: { ...result.providerMetadata, planpass } }
    },
    async doStream(options) {
      const result = await orRefinedFailure(clock, () => model.doStream(withoutStoring(options)))
      const planpass = toPlanMetadata(result.response?.headers, clock.now())
      return { ...result, stream: result.stream.pipeThrough(withMetadata(planpass)) }
    },
  }
}

/** The SDK takes it that responses are stored, and would send references to earlier items where the backend needs the items. */
function withoutStoring(options: CallOptions): CallOptions {
  const { providerOptions } = options
  return {
    ...options,
    providerOptions: { ...providerOptions, openai: { ...providerOptions?.['openai'], store: false } },
  }
}

type StreamPart =
  Awaited<ReturnType<OpenAIOAuthModel['doStream']>>['stream'] extends ReadableStream<infer Part> ? Part : never

function withMetadata(planpass: JsonObject): TransformStream<StreamPart, StreamPart> {
  return new TransformStream({
    transform(part, controller) {
      const isLast = part.type === 'finish'
      controller.enqueue(isLast ? { ...part, providerMetadata: { ...part.providerMetadata, planpass } } : part)
    },
  })
}

/** The SDK's errors of failed calls are kept: they get our own as their cause, and no retry where that says that none can help. */
async function orRefinedFailure<Result>(clock: Clock, work: () => PromiseLike<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const cause = findAuthError(error, clock)
    const isCallError = error instanceof Error && 'isRetryable' in error && 'responseHeaders' in error
    if (isCallError && cause) {
      Object.assign(error, { cause, ...(mustNotRetry(error.responseHeaders) && { isRetryable: false }) })
    }
    throw error
  }
}

function mustNotRetry(headers: unknown): boolean {
  return typeof headers === 'object' && headers !== null && Reflect.get(headers, 'x-should-retry') === 'false'
}

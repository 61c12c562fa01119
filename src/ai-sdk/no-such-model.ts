/** What a plan has no models for. */
export type MissingModelType = 'embeddingModel' | 'imageModel'

/** By these the AI SDK knows its errors, in whichever copy and major they were made. */
const marks = ['vercel.ai.error', 'vercel.ai.error.AI_NoSuchModelError'].map((mark) => Symbol.for(mark))

/**
 * The AI SDK's error of a model that a provider does not have. Made by hand, since its class lies in a package that our users need not have
 * installed.
 */
export class NoSuchModelError extends Error {
  override readonly name = 'AI_NoSuchModelError'
  readonly modelId: string
  readonly modelType: MissingModelType

  constructor(modelId: string, modelType: MissingModelType) {
    super(`No such ${modelType}: ${modelId}. A ChatGPT plan has language models alone.`)
    this.modelId = modelId
    this.modelType = modelType
    for (const mark of marks) Object.defineProperty(this, mark, { value: true })
  }
}

import { AuthError, toOneSafeLine, type JsonObject } from '../core/index.js'
import type { BackendSession } from './backend-request.js'
import type { Model } from './model-catalogue.js'
import { readModels, type ModelOptions } from './models.js'

/** The models in the public API's shape. */
export async function listModels(session: BackendSession, options: ModelOptions): Promise<JsonObject> {
  const { models } = await readModels(session, options)
  return { object: 'list', data: models.map(toOpenAIModel) }
}

/**
 * One of them.
 *
 * @param pathModel Its id as it stands in a path, where some clients encode it.
 * @throws AuthError `ERR_UPSTREAM_MODEL_NOT_AVAILABLE`; what `readModels` throws
 */
export async function findModel(
  session: BackendSession,
  pathModel: string,
  options: ModelOptions,
): Promise<JsonObject> {
  const { models } = await readModels(session, options)
  const model = models.find(({ id }) => id === pathModel || encodeURIComponent(id) === pathModel)
  if (model) return toOpenAIModel(model)
  throw new AuthError('ERR_UPSTREAM_MODEL_NOT_AVAILABLE', `This account has no model ${toOneSafeLine(pathModel)}.`)
}

/** The catalogue does not tell when a model was made. */
function toOpenAIModel({ id }: Model): JsonObject {
  return { id, object: 'model', created: 0, owned_by: 'openai' }
}

import { Hono } from 'hono'
import { isJsonObject, readString, type JsonObject } from '../core/index.js'
import { toQuestion } from './asked-request.js'
import type { Client } from './authenticate.js'
import { requireModel, type AnswerParts, type AnsweredPath, type Answering } from './answering.js'
import { toResponse } from './given-answer.js'
import { Refusal } from './refusal.js'
import { within } from './within.js'

/** How long a program waits for the models, in milliseconds: longer than a person does, and no longer than clients by default. */
const longestMs = 60_000

/** `/v1`: what a plan can answer, and a plain word about the rest. */
export function createOpenAIRoutes({ authenticate, shelf, clock }: AnswerParts, answering: Answering): Hono {
  const serve = async (path: AnsweredPath, request: Request) => toResponse(await answering(path, toQuestion(request)))

  /** Reading the models refreshes nothing by itself, but whoever asks here is about to use the plan, and cannot run `planpass refresh`. */
  async function readCatalogue({ url, signal: leaving }: Request): Promise<Response> {
    return within(
      clock,
      async (late) => {
        const signal = AbortSignal.any([leaving, late])
        await shelf.get(shelf.currentName).session.credential({ signal })
        return shelf.fetch(url, { signal })
      },
      longestMs,
    )
  }

  return new Hono()
    .post('/responses', ({ req: { raw } }) => serve('/v1/responses', raw))
    .post('/chat/completions', ({ req: { raw } }) => serve('/v1/chat/completions', raw))
    .get('/models', async ({ req: { raw } }) => {
      const client = await authenticate(raw)
      return onlyAllowed(await readCatalogue(raw), client)
    })
    .get('/models/:id', async ({ req }) => {
      requireModel(await authenticate(req.raw), req.param('id'))
      return readCatalogue(req.raw)
    })
    .all('/images/*', async (context) => {
      await authenticate(context.req.raw)
      throw new Refusal(404, 'unknown_url', 'The backend that answers for a ChatGPT plan has no images API.')
    })
    .all('*', async (context) => {
      await authenticate(context.req.raw)
      const hasPath = ['/v1/responses', '/v1/chat/completions', '/v1/models'].includes(context.req.path)
      if (hasPath) throw new Refusal(405, 'method_not_allowed', `${context.req.path} does not take this method.`)
      throw new Refusal(404, 'unknown_url', 'There is no such path for a ChatGPT plan.')
    })
}

async function onlyAllowed(response: Response, { models }: Client): Promise<Response> {
  if (!models || !response.ok) return response
  const list: unknown = await response.json()
  const data = isJsonObject(list) && Array.isArray(list['data']) ? list['data'].filter(isJsonObject) : []
  const isAllowed = (model: JsonObject) => models.includes(readString(model, 'id') ?? '')
  return Response.json({ object: 'list', data: data.filter(isAllowed) }, { headers: { 'cache-control': 'no-store' } })
}

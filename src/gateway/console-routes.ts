import { Hono, type Context } from 'hono'
import { isJsonObject, parseJsonObject, readString, type JsonObject } from '../core/index.js'
import type { SignOutOrder } from './console-api.js'
import { createConsoleDesk, type DeskParts } from './console-desk.js'
import type { ConsoleSession, ConsoleSessions } from './console-session.js'
import type { GatewayOptions } from './gateway-options.js'
import { browserHeaders, createPageRoutes } from './page-routes.js'
import { readBody } from './read-body.js'
import { Refusal, toFailureAnswer } from './refusal.js'

/** The page and its API. */
export interface ConsoleRoutes {
  readonly routes: Hono
  close(): void
}

type RoutesParts = Omit<DeskParts, 'files'> & Pick<GatewayOptions, 'console'> & { readonly sessions: ConsoleSessions }

/** Orders are short. */
const mostBytes = 4096

/** Nothing, where there is no page. */
export function createConsole({ console: page, sessions, ...parts }: RoutesParts): ConsoleRoutes {
  const routes = new Hono()
  if (!page) return { routes, close: () => {} }
  const desk = createConsoleDesk({ ...parts, ...page })

  const get = (path: string, answer: (request: Request, session: ConsoleSession) => Promise<unknown>) =>
    routes.get(path, async ({ req: { raw } }: Context) => toAnswer(await answer(raw, sessions.require(raw))))

  const post = (path: string, answer: (order: JsonObject, session: ConsoleSession) => Promise<unknown>) =>
    routes.post(path, async ({ req: { raw } }: Context) => {
      const session = sessions.require(raw)
      return toAnswer(await answer(await readOrder(raw), session))
    })

  get('/api/state', ({ url }, { csrf }) => desk.state(csrf, new URL(url).searchParams.get('fresh') === '1'))
  get('/api/events', () => desk.events())
  get('/api/usage/history', ({ url }) => {
    const { searchParams } = new URL(url)
    const every = searchParams.get('every') === 'hour' ? 'hour' : 'day'
    return desk.usageHistory(every, toCount(searchParams.get('since'), 0))
  })
  get('/api/tokens', async ({ url }) => parts.ledger.report(toCount(new URL(url).searchParams.get('days'), 30)))
  get('/api/requests', async () => ({ requests: parts.log.recent() }))
  get('/api/doctor', () => desk.doctor())

  post('/api/sign-in', async (order) => {
    const profile = readString(order, 'profile')
    if (profile !== undefined && !profilePattern.test(profile)) throw badOrder('profile')
    const signIn = { ...(profile !== undefined && { profile }), switchAccount: order['switchAccount'] === true }
    return Response.json(desk.signIn(signIn), { status: 202 })
  })
  post('/api/sign-in/cancel', async () => desk.cancelSignIn())
  post('/api/sign-out', (order) => desk.signOut(parseSignOut(order)))
  post('/api/profile', async (order, { csrf }) => {
    await desk.useProfile(readString(order, 'name') ?? '')
    return desk.state(csrf, false)
  })
  routes.post('/api/leave', ({ req: { raw } }) => {
    sessions.require(raw)
    return toAnswer(new Response(null, { status: 204, headers: { 'set-cookie': sessions.leave(raw) } }))
  })
  routes.post('/api/enter', async ({ req: { raw } }) => {
    const ticket = readString(await readOrder(raw), 'ticket') ?? ''
    return toAnswer(new Response(null, { status: 204, headers: { 'set-cookie': sessions.enter(ticket) } }))
  })
  routes.all('/api/*', () => {
    throw new Refusal(404, 'unknown_url', 'The console has no such path.')
  })
  routes.route('/', createPageRoutes(page.files))
  routes.onError((error) => toAnswer(toFailureAnswer(error)))
  return { routes, close: () => desk.close() }
}

/** A plain word: what a folder may be called on every system. */
const profilePattern = /^\w[\w.-]{0,63}$/

function parseSignOut(order: JsonObject): SignOutOrder {
  const profile = readString(order, 'profile')
  const how = order['how']
  if (how !== 'forget' && how !== 'revoke' && how !== 'sign-out') throw badOrder('how')
  return { how, ...(profile !== undefined && { profile }) }
}

async function readOrder(request: Request): Promise<JsonObject> {
  const order = parseJsonObject(await readBody(request, mostBytes))
  if (isJsonObject(order)) return order
  throw new Refusal(400, 'bad_order', 'The body is not a JSON object.')
}

function badOrder(member: string): Refusal {
  return new Refusal(400, 'bad_order', `The member \`${member}\` is missing or wrong.`)
}

function toCount(text: string | null, otherwise: number): number {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : otherwise
}

/** Whatever a browser is given, it is not to be stored, framed or guessed at. */
function toAnswer(answer: unknown): Response {
  const response = answer instanceof Response ? answer : Response.json(answer)
  for (const [name, value] of Object.entries(browserHeaders)) response.headers.set(name, value)
  return response
}

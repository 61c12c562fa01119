import type { Hono } from 'hono'
import { describe, expect, it, vi } from 'vitest'
import { csrfHeader, type ConsoleState } from '../../src/gateway/index.js'
import { openConsole, type ConsoleLab } from './console-lab.js'
import { model } from './gateway-lab.js'

const routers = vi.hoisted((): Hono[] => [])

/** Every router there is, so that the one of the gateway tells its routes: a list made by hand would not know of the next one. */
vi.mock('hono', async (original) => {
  const module = await original<typeof import('hono')>()
  class TellingHono extends module.Hono {
    constructor(...options: ConstructorParameters<typeof Hono>) {
      super(...options)
      routers.push(this)
    }
  }
  return { ...module, Hono: TellingHono }
})

interface Route {
  readonly method: string
  readonly path: string
}

const lab = await openConsole()
const known = routers.find(({ routes }) => routes.some(({ path }) => path === '/healthz'))?.routes ?? []
const routes = [
  ...new Map(known.map(({ method, path }): [string, Route] => [`${method} ${path}`, { method, path }])).values(),
]

const methods = ['POST', 'PUT', 'PATCH', 'DELETE']
/** Whatever may change something; `ALL` is each method. */
const changing = routes
  .filter(({ method }) => method !== 'GET')
  .flatMap(({ method, path }) => (method === 'ALL' ? methods : [method]).map((one) => ({ method: one, path })))
const reading = routes.filter(({ method }) => method === 'GET')

/** What no session opens: a key of its own does. */
const ownKeys: Readonly<Record<string, object>> = {
  '/api/enter': { status: 401, code: 'console_session_required' },
  '/control/link': { status: 401, code: 'control_key_wrong' },
}
const nothingThere = { status: 404, code: 'unknown_url' }

const forged: Readonly<Record<string, Record<string, string>>> = {
  'without the token': { [csrfHeader]: '' },
  'with a guess': { [csrfHeader]: 'guess' },
  'with a letter too many': { [csrfHeader]: `${lab.csrf}x` },
  'as a form': { 'content-type': 'application/x-www-form-urlencoded', [csrfHeader]: '' },
  'as plain text': { 'content-type': 'text/plain', [csrfHeader]: '' },
}

/** All that an order could have meant. */
const order = {
  how: 'forget',
  name: 'default',
  profile: 'default',
  model,
  input: 'Hello',
  messages: [{ role: 'user', content: 'Hello' }],
}

async function stateOf({ get, session, emulator }: ConsoleLab): Promise<object> {
  const { currentProfile, signIn, profiles } = (await (await get('/api/state')).json()) as ConsoleState
  const { signedIn } = await session.status()
  return { currentProfile, signIn, profiles, signedIn, asked: emulator.counters.requests.responses }
}

function toPath(path: string): string {
  return path.replace('*', 'x').replace(':id', model)
}

describe('the routes of the gateway', () => {
  it('are those of the API, the console and the page', () => {
    const paths = routes.map(({ path }) => path)
    expect(paths).toEqual(expect.arrayContaining(['/v1/responses', '/api/sign-out', '/control/link', '/enter', '/']))
    expect(changing.length).toBeGreaterThan(15)
  })
})

describe.each(changing)('$method $path', ({ method, path }) => {
  it.each(Object.entries(forged))(
    'changes nothing for a browser with a session that was led to it %s',
    async (_how, headers) => {
      const before = await stateOf(lab)
      const answer = await lab.post(toPath(path), order, headers, method)
      const { error } = (await answer.json()) as { error: { code: string } }
      const expected = ownKeys[path] ?? (path === '/api/*' ? nothingThere : { status: 403, code: 'csrf_token_wrong' })
      expect({ status: answer.status, code: error.code }).toEqual(expected)
      expect(await stateOf(lab)).toEqual(before)
    },
  )

  it('is closed to pages of other origins, even with the token', async () => {
    const before = await stateOf(lab)
    for (const origin of ['https://evil.example', 'http://127.0.0.1:3000', 'http://localhost', 'null']) {
      expect((await lab.post(toPath(path), order, { origin }, method)).status).toBe(403)
    }
    expect(await stateOf(lab)).toEqual(before)
  })
})

describe.each(reading)('$method $path', ({ path }) => {
  it('changes nothing', async () => {
    const before = await stateOf(lab)
    await (await lab.get(toPath(path))).body?.cancel()
    expect(await stateOf(lab)).toEqual(before)
  })
})

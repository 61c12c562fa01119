import { Hono } from 'hono'
import { type EmulatedAccount, findAccount } from './accounts.js'
import type { Emulator } from './emulator.js'
import { openAiError } from './error-response.js'
import { isFakeClock } from './fake-clock.js'
import { parseFault } from './parse-fault.js'

/**
 * The controls over HTTP, for an emulator that runs as a process of its own: JSON in, JSON out, under `/__emulator/`.
 * A web page cannot set the header without a preflight that nobody answers, so it cannot drive them.
 */
export function createControlRoutes(emulator: Emulator): Hono {
  const app = new Hono().basePath('/__emulator')
  app.use(async ({ req }, next) => {
    if (req.header('x-emulator-control') === '1') return next()
    return openAiError(403, 'control_header_missing', 'Send the header x-emulator-control: 1.')
  })
  addDeviceControls(app, emulator)
  addSessionControls(app, emulator)
  addFaultControls(app, emulator)
  addLogControls(app, emulator)
  app.post('/clock/advance', async ({ req }) => {
    const { ms } = await readJson(req.raw)
    if (!isFakeClock(emulator.clock)) return openAiError(409, 'clock_is_real', 'This emulator runs on the real clock.')
    if (typeof ms !== 'number' || !(ms >= 0)) throw new TypeError('ms has to be a number of milliseconds.')
    await emulator.clock.advance(ms)
    return Response.json({ nowMs: emulator.clock.now() })
  })
  app.notFound(({ req }) => openAiError(404, 'not_found', `There is no control ${req.method} ${req.path}.`))
  app.onError((error) => openAiError(400, 'invalid_control', error.message))
  return app
}

function addDeviceControls(app: Hono, emulator: Emulator): void {
  app.post('/approve', async ({ req }) => {
    const { userCode = '', account } = await readText(req.raw)
    return done(emulator.approve(userCode, namedAccount(emulator, account)))
  })
  app.post('/deny', async ({ req }) => done(emulator.deny((await readText(req.raw)).userCode ?? '')))
  app.post('/expire', async ({ req }) => done(emulator.expire((await readText(req.raw)).userCode ?? '')))
}

function addSessionControls(app: Hono, emulator: Emulator): void {
  app.get('/sessions', () => Response.json(emulator.sessions))
  app.post('/issue-tokens', async ({ req }) =>
    Response.json(
      await emulator.issueTokens(namedAccount(emulator, (await readText(req.raw)).account), {
        issuer: new URL(req.url).origin,
      }),
    ),
  )
  app.post('/revoke-session', async ({ req }) =>
    done(emulator.revokeSession((await readText(req.raw)).sessionId ?? '')),
  )
  app.post('/expire-access-tokens', async ({ req }) => {
    emulator.expireAccessTokens((await readText(req.raw)).sessionId)
    return done(true)
  })
  app.post('/expire-refresh-tokens', async ({ req }) => {
    emulator.expireRefreshTokens((await readText(req.raw)).sessionId)
    return done(true)
  })
}

function addFaultControls(app: Hono, { faults }: Emulator): void {
  app.get('/faults', () => Response.json(faults.active.map(({ id, endpoint, hits }) => ({ id, endpoint, hits }))))
  app.post('/faults', async ({ req }) => Response.json({ id: faults.add(parseFault(await readJson(req.raw))).id }))
  app.delete('/faults', () => {
    faults.clear()
    return done(true)
  })
  app.delete('/faults/:id', ({ req }) => {
    const fault = faults.active.find(({ id }) => id === Number(req.param('id')))
    fault?.remove()
    return done(fault !== undefined)
  })
}

function addLogControls(app: Hono, emulator: Emulator): void {
  app.get('/log', () => Response.json(emulator.log))
  app.delete('/log', () => {
    emulator.clearLog()
    return done(true)
  })
  app.get('/counters', () => Response.json(emulator.counters))
}

function done(found: boolean): Response {
  return found ? Response.json({ ok: true }) : openAiError(404, 'not_found', 'There is nothing by that name.')
}

function namedAccount({ accounts }: Emulator, name: string | undefined): EmulatedAccount | undefined {
  if (name === undefined) return undefined
  const account = findAccount(accounts, name)
  if (account === undefined) throw new TypeError('The emulator has no such account.')
  return account
}

/** The members of the request's JSON object; no body is an empty one. */
async function readJson(request: Request): Promise<Record<string, unknown>> {
  const text = await request.text()
  const value: unknown = text === '' ? {} : JSON.parse(text)
  if (typeof value !== 'object' || value === null) throw new TypeError('The body has to be a JSON object.')
  return { ...value }
}

type ControlName = 'userCode' | 'account' | 'sessionId'

async function readText(request: Request): Promise<Partial<Record<ControlName, string>>> {
  const entries = Object.entries(await readJson(request))
  const wrong = entries.find(([, value]) => typeof value !== 'string')
  if (wrong !== undefined) throw new TypeError(`${wrong[0]} has to be text.`)
  return Object.fromEntries(entries)
}

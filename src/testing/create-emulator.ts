import type { Server } from 'node:http'
import { Hono } from 'hono'
import { systemClock } from '../core/index.js'
import { defaultAccount, type EmulatedAccount } from './accounts.js'
import { createBackendRoutes } from './backend/routes.js'
import { serveResponsesWebSocket } from './backend/responses-websocket.js'
import { defaultScenario } from './backend/scenario.js'
import { codexClientId, codexScope } from './codex-client.js'
import type { EmulatorBindings, EmulatorContext } from './context.js'
import { createControlRoutes } from './controls-routes.js'
import type { Emulator, EmulatorListener } from './emulator.js'
import { openAiError } from './error-response.js'
import { createFaultScript } from './faults.js'
import { createFrame } from './frame.js'
import { createGrantBook } from './grants.js'
import { createInProcessFetch } from './in-process-fetch.js'
import { createIssuerRoutes } from './issuer.js'
import { listen } from './listen.js'
import { type EmulatorOptions, resolveLifetimes } from './options.js'
import { createRequestLog } from './request-log.js'
import { createSessionBook, type SessionBook } from './sessions.js'
import { createSigningKey } from './signing-key.js'
import { createTokenMint } from './token-mint.js'

/** Reserved names (RFC 6761), so that a request that escapes the process finds nobody. */
const issuerOrigin = 'https://auth.emulator.test'
const backendOrigin = 'https://chatgpt.emulator.test'

/**
 * Makes a stand-in for auth.openai.com and for the ChatGPT backend. It does nothing until it is asked: hand its `fetch`
 * over for in-process tests, or let it `listen` on the loopback interface.
 *
 * @throws RangeError when access tokens would live under five minutes and `allowShortAccessTokens` is not set
 * @example
 * const emulator = createEmulator()
 * const { accessToken } = await emulator.issueTokens()
 * const response = await emulator.fetch(`${emulator.backendUrl}/wham/usage`, {
 *   headers: { authorization: `Bearer ${accessToken}` },
 * })
 */
export function createEmulator(options: EmulatorOptions = {}): Emulator {
  const clock = options.clock ?? systemClock
  const lifetimes = resolveLifetimes(options)
  const { reuse = 'strict', reuseGraceMs = 10_000 } = options
  const [firstAccount = defaultAccount, ...otherAccounts] = options.accounts ?? []
  const sessions = createSessionBook({ clock, refreshTokenMs: lifetimes.refreshTokenMs, reuse, reuseGraceMs })
  const grants = createGrantBook({ ...lifetimes, clock, deviceScope: codexScope })
  const signingKey = createSigningKey()
  const mint = createTokenMint({ clock, lifetimes, sessions, signingKey })
  const faults = createFaultScript()
  const log = createRequestLog(clock, options.logLimit ?? 1000)
  const context = createContext(options, sessions)
  const scenario = { ...defaultScenario, ...options.scenario }
  const accounts = [firstAccount, ...otherAccounts] as const

  const app = new Hono<{ Bindings: EmulatorBindings }>()
    .route('/', createIssuerRoutes({ context, options, accounts, sessions, grants, signingKey, mint }))
    .route('/', createBackendRoutes(context, scenario))
    .notFound(({ req }) => openAiError(404, 'not_found', `The emulator has no ${req.method} ${req.path}.`))
    .onError((error) => openAiError(500, 'emulator_failed', `The emulator failed: ${error.message}`))
  const frame = createFrame({ clock, faults, log, serve: (request, bindings) => app.fetch(request, bindings) })

  const serveWebSockets = (server: Server) => serveResponsesWebSocket(server, context, scenario)
  const listeners = new Set<EmulatorListener>()
  const ownOrigins = () => [issuerOrigin, backendOrigin, ...[...listeners].flatMap(originsOf)]
  const answer = async (request: Request, server?: object) =>
    new URL(request.url).pathname.startsWith('/__emulator/') ? controls.fetch(request) : frame(request, server)

  const emulator: Emulator = {
    issuer: issuerOrigin,
    backendUrl: `${backendOrigin}/backend-api`,
    fetch: createInProcessFetch(answer, (origin) => ownOrigins().includes(origin)),
    async listen(listenOptions = {}) {
      const opened = await listen({ answer, serveWebSockets }, listenOptions)
      const close = async () => {
        listeners.delete(listener)
        await opened.close()
      }
      const listener = { ...opened, close }
      listeners.add(listener)
      return listener
    },
    accounts,
    approve: (userCode, account = firstAccount) => grants.decide(userCode, account),
    deny: (userCode) => grants.decide(userCode, 'denied'),
    expire: (userCode) => grants.expireDevice(userCode),
    get sessions() {
      return sessions.all
    },
    expireAccessTokens: (sessionId) => sessions.expire('access', sessionId),
    expireRefreshTokens: (sessionId) => sessions.expire('refresh', sessionId),
    revokeSession: (sessionId) => sessions.revoke(sessionId),
    async issueTokens(account = firstAccount, { clientId = codexClientId, issuer } = {}) {
      const session = sessions.start({ account, clientId, scope: codexScope })
      const tokens = await mint(session, { issuer: issuer ?? [...listeners].at(-1)?.issuer ?? issuerOrigin })
      const { idToken, accessToken, refreshToken = '', expiresAtMs } = tokens
      return { idToken, accessToken, refreshToken, account, sessionId: session.id, expiresAtMs }
    },
    issuePersonalAccessToken: (account = firstAccount) => sessions.addPersonalAccessToken(account),
    scenario,
    faults,
    get log() {
      return log.entries
    },
    get counters() {
      return log.counters
    },
    clearLog: () => log.clear(),
    clock,
  }
  const controls = createControlRoutes(emulator)
  return emulator
}

function createContext(
  { clock = systemClock, rulesOff = [] }: EmulatorOptions,
  sessions: SessionBook,
): EmulatorContext {
  return {
    clock,
    isRuleOn: (rule) => !rulesOff.includes(rule),
    authenticate: (request) => authenticate(request, sessions),
    backendOrigin: (request) => new URL(request.url).origin,
  }
}

/** real-codex 8 and 14: how the backend words its three kinds of no. */
const refusals = {
  expired: ['token_expired', 'Provided authentication token is expired. Please try signing in again.'],
  revoked: ['token_invalidated', 'Your authentication token has been invalidated. Please try signing in again.'],
  unknown: ['invalid_token', 'Could not parse your authentication token. Please try signing in again.'],
} as const

function authenticate(
  request: Request,
  sessions: SessionBook,
): { account: EmulatedAccount; sessionId: string } | Response {
  const token = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  if (token === undefined)
    return openAiError(401, 'missing_token', 'There is no bearer token in the Authorization header.')
  const access = sessions.access(token)
  if (access.outcome === 'ok') return { account: access.session.account, sessionId: access.session.id }
  const [code, message] = refusals[access.outcome]
  return openAiError(401, code, message)
}

function originsOf({ issuer, tls }: EmulatorListener): string[] {
  return tls === undefined ? [issuer] : [issuer, tls.issuer]
}

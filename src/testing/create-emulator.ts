import type { Server } from 'node:http'
import { Hono } from 'hono'
import { systemClock } from '../core/index.js'
import { defaultAccount, type EmulatedAccount } from './accounts.js'
import { createCodeBook } from './authorization-codes.js'
import { serveResponsesWebSocket } from './backend/responses-websocket.js'
import { createBackendRoutes } from './backend/routes.js'
import { defaultScenario } from './backend/scenario.js'
import { codexClientId, codexScope } from './codex-client.js'
import type { EmulatorBindings } from './context.js'
import { createControlRoutes } from './controls-routes.js'
import { createContext } from './create-context.js'
import { createDeviceBook } from './device-grants.js'
import type { Emulator, EmulatorListener, IssuedTokens, IssueTokensOptions } from './emulator.js'
import { openAiError } from './error-response.js'
import { createFaultScript } from './faults.js'
import { createFrame, type Serve } from './frame.js'
import { createInProcessFetch } from './in-process-fetch.js'
import { createIssuerRoutes } from './issuer.js'
import { listen } from './listen.js'
import { type EmulatorOptions, resolveLifetimes } from './options.js'
import { createRequestLog } from './request-log.js'
import { createSessionBook } from './sessions.js'
import { createSigningKey } from './signing-key.js'
import { createClientBook } from './siwc/client-book.js'
import { createSiwcRoutes } from './siwc/routes.js'
import { createTokenMint } from './token-mint.js'

/** Reserved names (RFC 6761), so that a request that escapes the process finds nobody. */
const issuerOrigin = 'https://auth.emulator.test'
const backendOrigin = 'https://chatgpt.emulator.test'
const apiOrigin = 'https://api.emulator.test'

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
  const parts = createParts(options)
  const { clock, scenario, sessions, clients, devices, accounts, faults, log } = parts
  const serve = createRoutes(parts)
  const answer = async (request: Request, server?: object) =>
    new URL(request.url).pathname.startsWith('/__emulator/')
      ? controls.fetch(request)
      : parts.frame(request, serve, server)
  const serveWebSockets = (server: Server) => serveResponsesWebSocket(server, parts)
  const listeners = new Set<EmulatorListener>()
  const currentIssuer = () => [...listeners].at(-1)?.issuer ?? issuerOrigin

  const emulator: Emulator = {
    issuer: issuerOrigin,
    backendUrl: `${backendOrigin}/backend-api`,
    apiUrl: `${apiOrigin}/v1`,
    fetch: createInProcessFetch(answer),
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
    approve: (userCode, account = accounts[0]) => devices.decide(userCode, account),
    deny: (userCode) => devices.decide(userCode, 'denied'),
    expire: (userCode) => devices.expire(userCode),
    get sessions() {
      return sessions.all
    },
    get clients() {
      return clients.all
    },
    expireAccessTokens: (sessionId) => sessions.expire('access', sessionId),
    expireRefreshTokens: (sessionId) => sessions.expire('refresh', sessionId),
    revokeSession: (sessionId) => sessions.revoke(sessionId),
    issueTokens: (account = accounts[0], { clientId = codexClientId, issuer = currentIssuer() } = {}) =>
      issueTokens(parts, account, { clientId, issuer }),
    issuePersonalAccessToken: (account = accounts[0]) => sessions.addPersonalAccessToken(account),
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

type EmulatorParts = ReturnType<typeof createParts>

/** The state, and what acts on it: no routes yet. */
function createParts(options: EmulatorOptions) {
  const { clock = systemClock, reuse = 'strict', reuseGraceMs = 10_000, logLimit = 1000 } = options
  const [firstAccount = defaultAccount, ...otherAccounts] = options.accounts ?? []
  const lifetimes = resolveLifetimes(options)
  const sessions = createSessionBook({ clock, refreshTokenMs: lifetimes.refreshTokenMs, reuse, reuseGraceMs })
  const signingKey = options.signingKey ?? createSigningKey()
  const faults = createFaultScript()
  const log = createRequestLog(clock, logLimit)
  const codes = createCodeBook(clock, lifetimes.authorizationCodeMs)
  return {
    options,
    clock,
    sessions,
    signingKey,
    accounts: [firstAccount, ...otherAccounts] as const,
    context: createContext(options, sessions),
    codes,
    clients: createClientBook(),
    devices: createDeviceBook({ clock, codes, deviceCodeMs: lifetimes.deviceCodeMs, scope: codexScope }),
    mint: createTokenMint({ clock, lifetimes, sessions, signingKey }),
    scenario: { ...defaultScenario, ...options.scenario },
    faults,
    log,
    frame: createFrame({ clock, faults, log }),
  }
}

/** Both sides as one app, since one origin serves both. */
function createRoutes(parts: EmulatorParts): Serve {
  const app = new Hono<{ Bindings: EmulatorBindings }>()
    .route('/', createIssuerRoutes(parts))
    .route('/', createSiwcRoutes(parts))
    .route('/', createBackendRoutes(parts.context, parts.scenario))
    .notFound(({ req }) => openAiError(404, 'not_found', `The emulator has no ${req.method} ${req.path}.`))
    .onError((error) => openAiError(500, 'emulator_failed', `The emulator failed: ${error.message}`))
  return (request, bindings) => app.fetch(request, bindings)
}

async function issueTokens(
  { sessions, mint }: EmulatorParts,
  account: EmulatedAccount,
  { clientId, issuer }: Required<IssueTokensOptions>,
): Promise<IssuedTokens> {
  const session = sessions.start({ account, clientId, scope: codexScope })
  const { idToken, accessToken, refreshToken = '', expiresAtMs } = await mint(session, { issuer })
  return { idToken, accessToken, refreshToken, account, sessionId: session.id, expiresAtMs }
}

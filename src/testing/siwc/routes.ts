import { Hono } from 'hono'
import type { BackendScenario } from '../backend/scenario.js'
import type { EmulatorBindings } from '../context.js'
import type { EmulatorApp, IssuerParts } from '../issuer.js'
import { createApiRoutes } from './api-routes.js'
import { createAuthorizeRoute } from './authorize-route.js'
import type { ClientBook } from './client-book.js'
import { createTokenRoutes } from './token-routes.js'

/** What the routes of "Sign in with ChatGPT" stand on. */
export interface SiwcParts extends IssuerParts {
  readonly clients: ClientBook
  readonly scenario: BackendScenario
}

/** Everything "Sign in with ChatGPT" needs beside discovery, as one app. */
export function createSiwcRoutes(parts: SiwcParts): EmulatorApp {
  return new Hono<{ Bindings: EmulatorBindings }>()
    .route('/', createAuthorizeRoute(parts))
    .route('/', createTokenRoutes(parts))
    .route('/', createApiRoutes(parts))
}

import { Hono } from 'hono'
import { createAuthorizeRoutes } from './authorize-routes.js'
import type { EmulatedAccount } from './accounts.js'
import type { EmulatorBindings, EmulatorContext } from './context.js'
import { createDeviceRoutes } from './device-routes.js'
import { createDiscoveryRoutes } from './discovery-routes.js'
import type { CodeBook } from './authorization-codes.js'
import type { DeviceBook } from './device-grants.js'
import type { EmulatorOptions } from './options.js'
import type { SessionBook } from './sessions.js'
import type { SigningKey } from './signing-key.js'
import type { TokenMint } from './token-mint.js'
import { createTokenRoutes } from './token-routes.js'

/** What the issuer's routes stand on. */
export interface IssuerParts {
  readonly context: EmulatorContext
  readonly options: EmulatorOptions
  readonly accounts: readonly [EmulatedAccount, ...EmulatedAccount[]]
  readonly sessions: SessionBook
  readonly codes: CodeBook
  readonly devices: DeviceBook
  readonly signingKey: SigningKey
  readonly mint: TokenMint
}

export type EmulatorApp = Hono<{ Bindings: EmulatorBindings }>

/** Everything auth.openai.com answers, as one app. */
export function createIssuerRoutes(parts: IssuerParts): EmulatorApp {
  return new Hono<{ Bindings: EmulatorBindings }>()
    .route('/', createDiscoveryRoutes(parts))
    .route('/', createAuthorizeRoutes(parts))
    .route('/', createDeviceRoutes(parts))
    .route('/', createTokenRoutes(parts))
}

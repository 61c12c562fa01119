import {
  createClientIdentity,
  createCodexProvider,
  platformFetch,
  readExpiry,
  readIdentity,
  decodeClaims,
  systemClock,
  type Clock,
  type Fetch,
  type Provider,
  type TokenSet,
} from '../core/index.js'
import {
  authorizationCodeRequest,
  awaitDeviceApproval,
  processAuthorizationCodeResponse,
  processUserCodeResponse,
  userCodeRequest,
  type DeviceCode,
  type Transport,
} from '../core/oauth.js'
import { toTokens, type OpenAIOAuthTokens } from './oauth-tokens.js'
import type { TokenStore } from './token-store.js'

/** How a device sign-in is started. */
export interface OpenAIDeviceFlowOptions {
  readonly fetch?: Fetch | undefined
  /** OAuth client id; default: that of Codex. */
  readonly clientId?: string | undefined
  /** Default `https://auth.openai.com`. */
  readonly issuer?: string | undefined
  /** Gets the tokens once the person has approved. */
  readonly tokenStore?: TokenStore | undefined
  /** The name of your program; default `planpass`. */
  readonly originator?: string | undefined
  readonly clock?: Clock | undefined
  /** Ends the sign-in, at whatever point it is. */
  readonly signal?: AbortSignal | undefined
}

/** A sign-in that waits for a person, who may sit at another machine. */
export interface OpenAIDeviceFlow {
  readonly providerId: 'openai'
  /** Where the person goes. */
  readonly url: string
  /** What the person enters there. */
  readonly code: string
  /** Says so, in one sentence. */
  readonly instructions: string
  /** When the code ends, milliseconds since the epoch. */
  readonly expiresAt: number
  /**
   * Waits for the approval, and gives the tokens. A second call gives the same.
   *
   * @throws AuthError `ERR_SIGN_IN_DENIED`, `ERR_SIGN_IN_EXPIRED`, `ERR_SIGN_IN_FAILED`, `ERR_NETWORK_*`, `ERR_UPSTREAM_*`
   */
  complete(): Promise<OpenAIOAuthTokens>
}

/** What the parts of a flow share. */
interface Flow {
  readonly provider: Provider
  readonly transport: Transport
  readonly clock: Clock
}

/**
 * Starts a sign-in with a device code (protocol 3).
 *
 * ```ts
 * const flow = await startOpenAIDeviceFlow()
 * console.log(`Open ${flow.url} and enter ${flow.code}`)
 * const tokens = await flow.complete()
 * ```
 *
 * @throws AuthError `ERR_SIGN_IN_DEVICE_DISABLED`, `ERR_SIGN_IN_FAILED`, `ERR_CONFIG_URL`, `ERR_NETWORK_*`, `ERR_UPSTREAM_*`
 */
export async function startOpenAIDeviceFlow(options: OpenAIDeviceFlowOptions = {}): Promise<OpenAIDeviceFlow> {
  const { fetch = platformFetch, clock = systemClock, issuer, clientId, originator, signal, tokenStore } = options
  const provider = createCodexProvider({ issuer, clientId })
  const flow: Flow = { provider, clock, transport: { fetch, identity: createClientIdentity(originator), signal } }
  const started = await userCodeRequest(provider, flow.transport)
  const code = await processUserCodeResponse(provider, started, clock.now())
  let completed: Promise<OpenAIOAuthTokens> | undefined
  return {
    providerId: 'openai',
    url: code.verificationUrl,
    code: code.userCode,
    instructions: `Open ${code.verificationUrl} and enter the code ${code.userCode}.`,
    expiresAt: code.expiresAtMs,
    complete() {
      completed ??= complete(flow, code, tokenStore)
      return completed
    },
  }
}

async function complete(flow: Flow, code: DeviceCode, tokenStore: TokenStore | undefined): Promise<OpenAIOAuthTokens> {
  const grant = await awaitDeviceApproval({ ...flow, code })
  // Not to be cancelled: the code is spent even when nobody waits for its tokens.
  const { fetch, identity } = flow.transport
  const response = await authorizationCodeRequest(flow.provider, grant, { fetch, identity })
  const tokens = toFirstTokens(await processAuthorizationCodeResponse(response))
  await tokenStore?.save(tokens)
  return tokens
}

function toFirstTokens(tokens: Required<TokenSet>): OpenAIOAuthTokens {
  const { accountId } = readIdentity(decodeClaims(tokens.idToken.reveal()))
  const expiresAtMs = readExpiry(tokens.accessToken.reveal())
  return toTokens({
    ...tokens,
    ...(accountId !== undefined && { accountId }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
  })
}

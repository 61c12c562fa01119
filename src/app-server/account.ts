import { AuthError, isLoopback, toOneSafeLine, type Secret } from '../core/index.js'
import { requireChatgptMetadata, type ExternalTokens } from '../core/external.js'
import { endWith, listen, type ListenOptions, type NotificationOf } from './notifications.js'
import type { CallOptions } from './pending-calls.js'
import type { ClientCalls } from './protocol/methods.js'
import type {
  AccountLoginCompletedNotification,
  CancelLoginAccountResponse,
  GetAccountRateLimitsResponse,
  GetAccountResponse,
  LoginAccountParams,
  LoginAccountResponse,
} from './protocol/wire.js'
import { mergeRateLimits } from './rate-limits.js'
import { toLogin } from './refresh-responder.js'
import type { RpcPeer } from './rpc-peer.js'
import { callTyped } from './typed-call.js'

/** A sign-in that the server is to start (protocol 8.2). */
export type Login =
  | { readonly type: 'apiKey'; readonly apiKey: Secret }
  | {
      readonly type: 'chatgpt'
      readonly codexStreamlinedLogin?: boolean
      readonly useHostedLoginSuccessPage?: boolean
      readonly appBrand?: 'codex' | 'chatgpt'
    }
  | { readonly type: 'chatgptDeviceCode' }
  /** Needs `experimentalApi`. */
  | { readonly type: 'chatgptAuthTokens'; readonly tokens: ExternalTokens }
  | { readonly type: 'amazonBedrock'; readonly apiKey: Secret; readonly region: string }
  | {
      readonly type: 'amazonBedrockAccessKeys'
      readonly accessKeyId: string
      readonly secretAccessKey: Secret
      readonly sessionToken?: Secret
      readonly region: string
    }

/** What the server answered, and how it ends. */
export type StartedLogin = LoginAccountResponse & {
  /**
   * Waits until the server says how it ended. @throws AuthError `ERR_SIGN_IN_FAILED` in the server's words, `ERR_RPC_CLOSED`
   */
  completed(options?: ListenOptions): Promise<AccountLoginCompletedNotification>
}

/** The account methods of the server (protocol 8). The calls throw AuthError `ERR_RPC_*`. */
export interface Account {
  /**
   * Starts a sign-in; another that was under way is cancelled. An address in the answer is https, or on loopback.
   *
   * @throws AuthError `ERR_CONFIG_USAGE` for a blank key or region, before anything is sent; `ERR_UPSTREAM_BAD_RESPONSE`
   */
  login(login: Login, options?: CallOptions): Promise<StartedLogin>
  cancelLogin(loginId: string, options?: CallOptions): Promise<CancelLoginAccountResponse>
  /** Signs out: the server revokes the session at the issuer and forgets it. */
  logout(options?: CallOptions): Promise<void>
  /** @param request `refreshToken: true` spends the server's own refresh token; a host's tokens are not affected. */
  read(request?: { readonly refreshToken?: boolean }, options?: CallOptions): Promise<GetAccountResponse>
  rateLimits(options?: CallOptions): Promise<GetAccountRateLimitsResponse>
  /** The limits as they are, and again after each update, with the update merged in. */
  watchRateLimits(options?: ListenOptions): AsyncIterable<GetAccountRateLimitsResponse>
}

export function createAccount(peer: RpcPeer): Account {
  const call = <Method extends keyof ClientCalls>(
    method: Method,
    params: ClientCalls[Method]['params'],
    options?: CallOptions,
  ) => callTyped(peer, method, params, options)

  async function login(wanted: Login, options?: CallOptions): Promise<StartedLogin> {
    const params = toParams(wanted)
    const endings = listen(peer, ['account/login/completed'])
    try {
      const started = await call('account/login/start', params, options)
      assertBrowsable(started)
      return { ...started, completed: (wait) => waitForEnd(endWith(endings, wait), started) }
    } catch (error) {
      endings.end()
      throw error
    }
  }

  async function* watchRateLimits(options: ListenOptions = {}): AsyncGenerator<GetAccountRateLimitsResponse> {
    const updates = listen(peer, ['account/rateLimits/updated'], options)
    try {
      let limits = await call('account/rateLimits/read', {}, options)
      yield limits
      for await (const { params } of updates) {
        limits = mergeRateLimits(limits, params.rateLimits)
        yield limits
      }
    } finally {
      updates.end()
    }
  }

  return {
    login,
    cancelLogin: (loginId, options) => call('account/login/cancel', { loginId }, options),
    logout: async (options) => void (await call('account/logout', undefined, options)),
    read: (request = {}, options) => call('account/read', { ...request }, options),
    rateLimits: (options) => call('account/rateLimits/read', {}, options),
    watchRateLimits,
  }
}

/** A login with a host's own key or tokens has no id; its ending has none either. */
async function waitForEnd(
  endings: AsyncIterable<NotificationOf<'account/login/completed'>>,
  started: LoginAccountResponse,
): Promise<AccountLoginCompletedNotification> {
  const loginId = 'loginId' in started ? started.loginId : null
  for await (const { params } of endings) {
    if (params.loginId !== loginId) continue
    if (params.success) return params
    throw new AuthError('ERR_SIGN_IN_FAILED', `The app server says: ${toOneSafeLine(params.error ?? 'no reason')}.`)
  }
  throw new AuthError('ERR_RPC_CLOSED', 'The connection was closed before the sign-in ended.')
}

function toParams(login: Login): LoginAccountParams {
  switch (login.type) {
    case 'apiKey':
      return { type: login.type, apiKey: reveal(login.apiKey, 'API key') }
    case 'chatgpt':
    case 'chatgptDeviceCode':
      return login
    case 'chatgptAuthTokens':
      return toLogin(login.tokens, requireChatgptMetadata(login.tokens))
    case 'amazonBedrock':
      return { type: login.type, apiKey: reveal(login.apiKey, 'API key'), region: present(login.region, 'region') }
    default:
      return {
        type: login.type,
        accessKeyId: present(login.accessKeyId, 'access key id'),
        secretAccessKey: reveal(login.secretAccessKey, 'secret access key'),
        ...(login.sessionToken && { sessionToken: reveal(login.sessionToken, 'session token') }),
        region: present(login.region, 'region'),
      }
  }
}

function reveal(secret: Secret, name: string): string {
  return present(secret.reveal(), name)
}

function present(text: string, name: string): string {
  if (text.trim() !== '') return text
  throw new AuthError('ERR_CONFIG_USAGE', `The ${name} of the sign-in is blank.`, { advice: 'Give one.' })
}

/** A host opens what it is given, so it is given nothing but a page. */
function assertBrowsable(started: LoginAccountResponse): void {
  const address = 'authUrl' in started ? started.authUrl : 'verificationUrl' in started ? started.verificationUrl : null
  if (address === null) return
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url))) return
  throw new AuthError('ERR_UPSTREAM_BAD_RESPONSE', 'The app server named a sign-in page that is not https.')
}

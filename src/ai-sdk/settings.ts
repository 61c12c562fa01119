import type { BackendSession } from '../backend/index.js'
import type { Clock, Fetch } from '../core/index.js'
import type { OpenAIOAuthTokens } from './oauth-tokens.js'
import type { TokenListener, TokenStore } from './token-store.js'

/** Whose plan is used, and how it is reached. One of `session`, `tokenStore` and `tokens` is needed; the first that is given counts. */
export interface OpenAIOAuthSettings {
  /** A session of `planpass`, or of `planpass/external`. It brings its own issuer, backend, name and `fetch`. */
  readonly session?: BackendSession | undefined
  /** Where refreshed tokens are stored. */
  readonly tokenStore?: TokenStore | undefined
  /** Tokens in memory, for scripts and tests. */
  readonly tokens?: OpenAIOAuthTokens | undefined
  /** For all traffic; default: the platform's. */
  readonly fetch?: Fetch | undefined
  /** Base URL of the Codex backend; default `https://chatgpt.com/backend-api/codex`. */
  readonly baseURL?: string | undefined
  /** Through which a browser reaches the backend; default `/api/proxy/openai/codex`. With `false`, a browser goes straight to `baseURL`. */
  readonly browserProxyBaseUrl?: string | false | undefined
  /** OAuth client id; default: that of Codex. */
  readonly clientId?: string | undefined
  /** Who issues the tokens; default `https://auth.openai.com`. */
  readonly issuer?: string | undefined
  /** Where tokens are refreshed, when it is not the issuer's own endpoint. */
  readonly tokenUrl?: string | undefined
  /** Sent to the backend beside ours. They never replace the token, the account or our name. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** For requests that bring no instructions of their own. */
  readonly instructions?: string | undefined
  /** The backend keeps nothing: `true` is refused. */
  readonly store?: boolean | undefined
  /** The name of your program; default `planpass`. With `false` the header is left out. Names of other products are refused. */
  readonly originator?: string | false | undefined
  /** Told of refreshed tokens once they are stored. With `tokens`, this is where they are stored. */
  readonly onTokens?: TokenListener | undefined
  readonly clock?: Clock | undefined
}

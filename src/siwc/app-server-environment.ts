import { AuthError, type Session } from '../core/index.js'

/** What a `codex app-server` is started with. */
export interface SiwcAppServerEnvironment {
  /** Variables beside the host's own. Holds the access token: for the child alone, and never for a log. */
  readonly environment: { readonly ACCESS_TOKEN: string }
  /** Flags before those of the host. No secret is in them. */
  readonly args: readonly string[]
  /** When the token ends, in milliseconds since the epoch: start another child by then, and resume its threads. */
  readonly expiresAtMs?: number
}

/**
 * The documented recipe for running Codex's app server on such a session (siwc 9): a provider of its own over HTTP, whose token stands in the
 * environment of the child. The child cannot renew it, so the host starts another one in time. Give `clientInfo.name` the name of your program.
 *
 * @throws AuthError `ERR_TOKEN_UNSUPPORTED_MODE` for a session of another provider; what `Session.credential` throws
 */
export async function siwcAppServerEnv(
  session: Pick<Session, 'provider' | 'credential'>,
): Promise<SiwcAppServerEnvironment> {
  const { provider } = session
  if (provider.name !== 'siwc') {
    throw new AuthError('ERR_TOKEN_UNSUPPORTED_MODE', 'This recipe is for "Sign in with ChatGPT" alone.', {
      advice: 'For the Codex route, see `planpass/app-server`.',
    })
  }
  const { accessToken, expiresAtMs } = await session.credential()
  const settings = [
    'name = "ChatGPT plan"',
    `base_url = ${JSON.stringify(provider.backendUrl)}`,
    'env_key = "ACCESS_TOKEN"',
    'wire_api = "responses"',
    'requires_openai_auth = false',
    'supports_websockets = false',
  ]
  return {
    environment: { ACCESS_TOKEN: accessToken.reveal() },
    args: [
      '-c',
      'model_provider="openai_chatgpt_plan"',
      '-c',
      `model_providers.openai_chatgpt_plan={ ${settings.join(', ')} }`,
    ],
    ...(expiresAtMs !== undefined && { expiresAtMs }),
  }
}

import { Secret, type Credential } from '../core/index.js'
import { type ExternalTokens } from '../core/external.js'
import { isPersonalAccessToken } from './personal-access-token.js'

/** The variables that name a credential (protocol 10.2). `OPENAI_API_KEY` is not among them. */
export interface CredentialEnvironment {
  readonly CODEX_API_KEY?: string | undefined
  readonly CODEX_ACCESS_TOKEN?: string | undefined
}

/** Everything that could be used. */
export interface CredentialCandidates {
  readonly environment: CredentialEnvironment
  /** What a host program handed over. */
  readonly hostTokens?: ExternalTokens
  /** What the store holds. */
  readonly stored: Credential | undefined
  /** That a paid key may be used: only ever what a person asked for, see docs/decisions/0010. */
  readonly allowApiKey?: boolean
}

/** What is used, under which mode, and where it came from. */
export type ChosenCredential =
  | { readonly from: 'CODEX_API_KEY'; readonly mode: 'apikey'; readonly apiKey: Secret }
  | { readonly from: 'host'; readonly mode: 'chatgptAuthTokens' | 'bearer'; readonly tokens: ExternalTokens }
  | {
      readonly from: 'CODEX_ACCESS_TOKEN'
      readonly mode: 'personalAccessToken' | 'agentIdentity'
      readonly token: Secret
    }
  | { readonly from: 'store'; readonly mode: Credential['mode']; readonly credential: Credential }
  | { readonly from: 'nowhere'; readonly mode: 'none' }

/** Upstream's order (protocol 10.1). The first that has something decides; none falls back to the next when it fails later. */
const candidates: readonly ((given: CredentialCandidates) => ChosenCredential | undefined)[] = [
  ({ environment, allowApiKey }) => {
    const apiKey = readVariable(environment.CODEX_API_KEY)
    return apiKey && allowApiKey === true ? { from: 'CODEX_API_KEY', mode: 'apikey', apiKey } : undefined
  },
  ({ hostTokens: tokens }) => tokens && { from: 'host', mode: tokens.chatgpt ? 'chatgptAuthTokens' : 'bearer', tokens },
  ({ environment }) => {
    const token = readVariable(environment.CODEX_ACCESS_TOKEN)
    if (!token) return undefined
    const mode = isPersonalAccessToken(token.reveal()) ? 'personalAccessToken' : 'agentIdentity'
    return { from: 'CODEX_ACCESS_TOKEN', mode, token }
  },
  ({ stored: credential }) => credential && { from: 'store', mode: credential.mode, credential },
]

/** Which credential is used. The mode stands on the result, so that nobody pays by a key without knowing. */
export function chooseCredentialSource(given: CredentialCandidates): ChosenCredential {
  for (const choose of candidates) {
    const chosen = choose(given)
    if (chosen) return chosen
  }
  return { from: 'nowhere', mode: 'none' }
}

/** Trimmed; blank is unset (protocol 10.2). */
function readVariable(value: string | undefined): Secret | undefined {
  const text = value?.trim()
  return text ? new Secret(text) : undefined
}

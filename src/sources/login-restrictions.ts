import { AuthError } from '../core/index.js'
import type { ChosenCredential } from './choose-credential-source.js'

/** What a company's configuration allows (protocol 10.3). */
export interface LoginRestrictions {
  /** `forced_login_method` */
  readonly forcedLoginMethod?: 'chatgpt' | 'api'
  /** `forced_chatgpt_workspace_id`, one or several */
  readonly forcedChatgptWorkspaceId?: string | readonly string[]
}

/** As much of a credential as restrictions speak of. */
export interface LoginInUse {
  readonly mode: Exclude<ChosenCredential['mode'], 'none'>
  readonly accountId?: string
}

/** A bearer without an account counts as a key (protocol 7.1). */
const methods: Record<LoginInUse['mode'], 'chatgpt' | 'api'> = {
  chatgpt: 'chatgpt',
  siwc: 'chatgpt',
  chatgptAuthTokens: 'chatgpt',
  personalAccessToken: 'chatgpt',
  agentIdentity: 'chatgpt',
  apikey: 'api',
  bearer: 'api',
  bedrock: 'api',
}

const methodMessages = {
  api: 'API key login is required, but ChatGPT is currently being used.',
  chatgpt: 'ChatGPT login is required, but an API key is currently being used.',
}

/**
 * Refuses a credential that the configuration does not allow, in upstream's words. Unlike upstream it deletes nothing: whoever wrote the wrong
 * line must not cost anybody a sign-in.
 *
 * @throws AuthError `ERR_SIGN_IN_NOT_ALLOWED`
 */
export function assertLoginAllowed(login: LoginInUse, restrictions: LoginRestrictions): void {
  const { forcedLoginMethod, forcedChatgptWorkspaceId } = restrictions
  const method = methods[login.mode]
  if (forcedLoginMethod && forcedLoginMethod !== method) throw notAllowed(methodMessages[forcedLoginMethod])
  if (method === 'chatgpt' && forcedChatgptWorkspaceId !== undefined) {
    assertWorkspace(login.accountId, [forcedChatgptWorkspaceId].flat())
  }
}

function assertWorkspace(accountId: string | undefined, allowed: readonly string[]): void {
  if (accountId !== undefined && allowed.includes(accountId)) return
  const found = accountId === undefined ? 'lack a workspace identifier' : `belong to ${accountId}`
  throw notAllowed(`Login is restricted to workspace(s) ${allowed.join(', ')}, but current credentials ${found}.`)
}

function notAllowed(summary: string): AuthError {
  return new AuthError('ERR_SIGN_IN_NOT_ALLOWED', summary)
}

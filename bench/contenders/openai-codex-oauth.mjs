// As its README says under "Local Codex Auth File".
import { createCodexOAuthFetch } from 'openai-codex-oauth'
import { createCodexAuthFileStore } from 'openai-codex-oauth/node'

export { writeCodexAuthFile as signIn } from './codex-auth-file.mjs'

export function open({ path, issuer, backendUrl }) {
  const tokenStore = createCodexAuthFileStore({ authFilePath: path })
  return createCodexOAuthFetch({ tokenStore, issuer, baseURL: `${backendUrl}/codex` })
}

// As the READMEs of its packages `local` and `core` say.
import { createOpenAIOAuthTransport } from '@openai-oauth/core'
import { openaiCredentials } from '@openai-oauth/local'

export { writeCodexAuthFile as signIn } from './codex-auth-file.mjs'

export function open({ path, issuer, backendUrl }) {
  const credentials = openaiCredentials({ authFilePath: path, issuer })
  const auth = () => credentials.getSession()
  return createOpenAIOAuthTransport({ auth, baseURL: `${backendUrl}/codex` }).fetch
}

/** What OpenAI's pages fix for "Sign in with ChatGPT" (siwc 2.1). The emulator has it from the pages, not from the client it is to test. */
export const bootstrapClientId = 'dynamic_agent_client'
export const planResource = 'https://api.openai.com/v1'
export const planScope = 'chatgpt.tokens.use.direct'
export const fullScope = `openid profile email offline_access resource.invoke ${planScope}`

const issuedPrefix = 'oaiapp_'

/** Whether tokens of this client are for the public API, and for nothing else. */
export function isPlanClient(clientId: string): boolean {
  return clientId.startsWith(issuedPrefix)
}

export function toIssuedClientId(random: string): string {
  return `${issuedPrefix}${random}`
}

/** What OpenAI's pages fix for "Sign in with ChatGPT" (siwc 2.1). */
export const documented = {
  issuer: 'https://auth.openai.com',
  apiUrl: 'https://api.openai.com/v1',
  /** Under which a new registration begins, and nothing else is asked for. */
  bootstrapClientId: 'dynamic_agent_client',
  resource: 'https://api.openai.com/v1',
  scope: 'openid profile email offline_access resource.invoke chatgpt.tokens.use.direct',
  /** The granted scope that lets a program use the plan (siwc 2.6). */
  planScope: 'chatgpt.tokens.use.direct',
  authorizePath: '/api/accounts/authorize',
  tokenPath: '/api/accounts/oauth/token',
  discoveryPath: '/.well-known/openid-configuration',
} as const

/** Where people see what they have used, set a cap for a program, and disconnect it (siwc 5, 6.5). Nothing of it can be read by a program. */
export const manageUsageUrl = 'https://chatgpt.com/settings/usage'

import { codexProvider } from '../core/index.js'

/** What the Codex client asks for (protocol 1); a device sign-in has no say and gets all of it. */
export const codexScope = 'openid profile email offline_access api.connectors.read api.connectors.invoke'

/** The Codex client's public id (protocol 1): who the tokens are for when a test names nobody. */
export const codexClientId = codexProvider.clientId

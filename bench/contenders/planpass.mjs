import { createCodexProvider, createSession, Secret } from '../../dist/core/index.js'
import { toCredential } from '../../dist/core/oauth.js'
import { createFileStore } from '../../dist/stores/file.js'

export async function signIn({ path, issuer, backendUrl }, tokens) {
  const provider = createCodexProvider({ issuer, backendUrl })
  const secrets = Object.entries(tokens).map(([name, token]) => [name, new Secret(token)])
  const credential = toCredential({ provider, tokens: Object.fromEntries(secrets), nowMs: Date.now() })
  await createFileStore(path).update(async () => ({ write: credential, result: undefined }))
}

export function open({ path, issuer, backendUrl }) {
  const provider = createCodexProvider({ issuer, backendUrl })
  return createSession({ store: createFileStore(path), provider }).fetch
}

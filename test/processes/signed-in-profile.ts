import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createCodexProvider, fingerprint, parseAuthFile, Secret, type Clock } from '../../src/core/index.js'
import type { ChatgptCredential, Provider } from '../../src/core/index.js'
import { toCredential } from '../../src/core/oauth.js'
import { createFileHostId, createFileRegistrations } from '../../src/node/index.js'
import { createSiwcProvider } from '../../src/siwc/index.js'
import { createFileStore } from '../../src/stores/file.js'
import { createEmulator, type Emulator, type EmulatorListener } from '../../src/testing/index.js'
import { signInAs } from '../siwc/siwc-lab.js'
import { signingKey } from '../support/signing-key.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import type { WorkerProfile } from './workers.js'

export type ProviderName = Provider['name']

export interface Issuer {
  readonly emulator: Emulator
  readonly listener: EmulatorListener
  /** Through whom people sign in there. */
  readonly provider: ProviderName
}

/** On loopback; a refresh token that comes twice ends its session. Closed when the test is over. */
export async function startStrictIssuer(provider: ProviderName = 'codex', clock?: Clock): Promise<Issuer> {
  const options = { reuse: 'strict', advertises: provider, autoApprove: true, signingKey } as const
  const emulator = createEmulator({ ...options, ...(clock && { clock }) })
  const listener = await emulator.listen()
  onTestFinished(() => listener.close())
  return { emulator, listener, provider }
}

export interface SignedInProfile extends WorkerProfile {
  readonly sessionId: string
  /** Of the refresh token it starts with. */
  readonly tokenFingerprint: string
}

/** A new session at the issuer, stored in `auth.json` of the folder, or of one of its own. */
export async function signInTo(issuer: Issuer, folder?: string): Promise<SignedInProfile> {
  const path = join(folder ?? (await temporaryFolder()), 'auth.json')
  const { sessionId, refreshToken, backendUrl } = await signIns[issuer.provider](issuer, path)
  const tokenFingerprint = await fingerprint(refreshToken)
  return { provider: issuer.provider, path, issuer: issuer.listener.issuer, backendUrl, sessionId, tokenFingerprint }
}

interface StoredSignIn {
  readonly sessionId: string
  readonly refreshToken: Secret
  readonly backendUrl: string
}

const signIns: Record<ProviderName, (issuer: Issuer, path: string) => Promise<StoredSignIn>> = {
  async codex({ emulator, listener }, path) {
    const { issuer, backendUrl } = listener
    const { sessionId, ...issued } = await emulator.issueTokens(undefined, { issuer })
    const refreshToken = new Secret(issued.refreshToken)
    const tokens = { idToken: new Secret(issued.idToken), accessToken: new Secret(issued.accessToken), refreshToken }
    const provider = createCodexProvider({ issuer, backendUrl })
    const write: ChatgptCredential = toCredential({ provider, tokens, nowMs: emulator.clock.now() })
    await createFileStore(path).update(async () => ({ write, result: undefined }))
    return { sessionId, refreshToken, backendUrl }
  },
  async siwc({ emulator, listener }, path) {
    const { issuer, apiUrl } = listener
    const [registrations, hostId] = [createFileRegistrations(dirname(path)), createFileHostId(dirname(path))]
    const provider = createSiwcProvider({ appName: 'Quill', registrations, hostId, issuer, apiUrl })
    const way = { fetch, store: createFileStore(path), clock: emulator.clock, visit }
    const { refreshToken, provenance } = await signInAs(provider, way)
    // Each profile is registered anew, so its client has this one session.
    const session = emulator.sessions.find(({ clientId }) => clientId === provenance?.clientId)
    if (!session || !refreshToken) throw new Error('The sign-in has no session.')
    return { sessionId: session.id, refreshToken, backendUrl: apiUrl }
  },
}

async function visit(url: URL): Promise<URL> {
  const response = await fetch(url, { redirect: 'manual' })
  return new URL(response.headers.get('location') ?? `none:${response.status}`)
}

/** What is stored now, whole. */
export function readStored(text: string): ChatgptCredential {
  const credential = parseAuthFile(text)
  if (credential?.mode !== 'chatgpt' && credential?.mode !== 'siwc') throw new Error('There is no ChatGPT credential.')
  return credential
}

/** Whether what is stored came with a refresh whose ID token nobody has verified yet. */
export function isUnverified({ document }: ChatgptCredential): boolean {
  return document?.reveal().includes('pending_id_token') === true
}

import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createCodexProvider, fingerprint, parseAuthFile, Secret } from '../../src/core/index.js'
import type { ChatgptCredential } from '../../src/core/index.js'
import { toCredential } from '../../src/core/oauth.js'
import { createFileStore } from '../../src/stores/file.js'
import { createEmulator, type Emulator, type EmulatorListener } from '../../src/testing/index.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import type { WorkerProfile } from './workers.js'

export interface Issuer {
  readonly emulator: Emulator
  readonly listener: EmulatorListener
}

/** On loopback; a refresh token that comes twice ends its session. Closed when the test is over. */
export async function startStrictIssuer(): Promise<Issuer> {
  const emulator = createEmulator({ reuse: 'strict' })
  const listener = await emulator.listen()
  onTestFinished(() => listener.close())
  return { emulator, listener }
}

export interface SignedInProfile extends WorkerProfile {
  readonly sessionId: string
  /** Of the refresh token it starts with. */
  readonly tokenFingerprint: string
}

/** A new session at the issuer, stored in `auth.json` of the folder, or of one of its own. */
export async function signInTo({ emulator, listener }: Issuer, folder?: string): Promise<SignedInProfile> {
  const { issuer, backendUrl } = listener
  const issued = await emulator.issueTokens(undefined, { issuer })
  const refreshToken = new Secret(issued.refreshToken)
  const tokens = { idToken: new Secret(issued.idToken), accessToken: new Secret(issued.accessToken), refreshToken }
  const provider = createCodexProvider({ issuer, backendUrl })
  const write: ChatgptCredential = toCredential({ provider, tokens, nowMs: emulator.clock.now() })
  const path = join(folder ?? (await temporaryFolder()), 'auth.json')
  await createFileStore(path).update(async () => ({ write, result: undefined }))
  return { path, issuer, backendUrl, sessionId: issued.sessionId, tokenFingerprint: await fingerprint(refreshToken) }
}

/** What is stored now, whole. */
export function readStored(text: string): ChatgptCredential {
  const credential = parseAuthFile(text)
  if (credential?.mode !== 'chatgpt') throw new Error('There is no ChatGPT credential.')
  return credential
}

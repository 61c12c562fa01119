import { createHash, randomBytes } from 'node:crypto'
import { codexClientId, codexScope } from '../../src/testing/codex-client.js'
import type { Emulator, EmulatorOptions } from '../../src/testing/index.js'
import { createEmulator, createFakeClock, type FakeClock } from '../../src/testing/index.js'
import { signingKey } from '../support/signing-key.js'

/** An emulator whose time stands still. */
export function emulatorAtRest(options: EmulatorOptions = {}): { emulator: Emulator; clock: FakeClock } {
  const clock = createFakeClock()
  return { emulator: createEmulator({ clock, signingKey, ...options }), clock }
}

export interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}

export async function post(emulator: Emulator, path: string, body: unknown): Promise<Answer> {
  return readAnswer(
    await emulator.fetch(`${emulator.issuer}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  )
}

export async function postForm(emulator: Emulator, path: string, form: Record<string, string>): Promise<Answer> {
  const body = new URLSearchParams(form)
  return readAnswer(await emulator.fetch(`${emulator.issuer}${path}`, { method: 'POST', body }))
}

export async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text()
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) }
}

/** The code of an error in OpenAI's shape. */
export function errorCode({ body }: Answer): unknown {
  return (body['error'] as { code?: unknown } | undefined)?.code
}

export async function startDevice(emulator: Emulator): Promise<{ deviceAuthId: string; userCode: string }> {
  const { body } = await post(emulator, '/api/accounts/deviceauth/usercode', { client_id: codexClientId })
  return { deviceAuthId: String(body['device_auth_id']), userCode: String(body['user_code']) }
}

export function pollDevice(emulator: Emulator, device: { deviceAuthId: string; userCode: string }): Promise<Answer> {
  const body = { device_auth_id: device.deviceAuthId, user_code: device.userCode }
  return post(emulator, '/api/accounts/deviceauth/token', body)
}

export function refresh(emulator: Emulator, refreshToken: string, clientId = codexClientId): Promise<Answer> {
  const body = {
    client_id: clientId,
    grant_type: 'refresh_token',
    refresh_reason: 'forced',
    refresh_token: refreshToken,
  }
  return post(emulator, '/oauth/token', body)
}

/** What the backend says to an access token. */
export async function whoami(emulator: Emulator, accessToken: string): Promise<Answer> {
  const url = `${emulator.issuer}/api/accounts/v1/user-auth-credential/whoami`
  return readAnswer(await emulator.fetch(url, { headers: { authorization: `Bearer ${accessToken}` } }))
}

export const redirectUri = 'http://127.0.0.1:1455/auth/callback'

/** An authorization request as the Codex client makes it (protocol 2.2); `undefined` takes a parameter out. */
export function authorizeUrl(emulator: Emulator, changes: Record<string, string | undefined> = {}) {
  const verifier = randomBytes(48).toString('base64url')
  const parameters = {
    response_type: 'code',
    client_id: codexClientId,
    redirect_uri: redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state: 'state-1',
    scope: codexScope,
    ...changes,
  }
  const url = new URL('/oauth/authorize', emulator.issuer)
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value)
  return { url, verifier }
}

/** Where the issuer sends the browser. */
export async function locationOf(emulator: Emulator, url: URL): Promise<URL> {
  const response = await emulator.fetch(url, { redirect: 'manual' })
  return new URL(response.headers.get('location') ?? `none:${response.status}`)
}

import { Hono } from 'hono'
import { findAccount } from './accounts.js'
import type { EmulatorBindings, RequestNote } from './context.js'
import { openAiError } from './error-response.js'
import type { EmulatorApp, IssuerParts } from './issuer.js'
import { deviceCodePage, deviceConfirmPage, outcomePage } from './pages.js'
import { readParameters } from './parameters.js'
import { isForeignForm } from './same-origin.js'

/** Device sign-in (protocol 3): the two calls of the client, and the page the person decides on. */
export function createDeviceRoutes(parts: IssuerParts): EmulatorApp {
  const { devices, accounts, options } = parts
  return new Hono<{ Bindings: EmulatorBindings }>()
    .post('/api/accounts/deviceauth/usercode', async ({ req }) => {
      const clientId = (await readParameters(req.raw))?.['client_id']
      if (clientId === undefined) return openAiError(400, 'invalid_request', 'client_id is missing.')
      const device = devices.start(clientId)
      if (options.autoApprove === true) devices.decide(device.userCode, accounts[0])
      return Response.json({
        device_auth_id: device.deviceAuthId,
        user_code: device.userCode,
        // Text, not a number: the real CLI parses nothing else (protocol 3.1).
        interval: String(options.deviceIntervalSeconds ?? 5),
        expires_at: new Date(device.expiresAtMs).toISOString(),
      })
    })
    .post('/api/accounts/deviceauth/token', async ({ req, env }) => {
      const parameters = await readParameters(req.raw)
      const poll = devices.poll(parameters?.['device_auth_id'] ?? '', parameters?.['user_code'] ?? '')
      env.note.outcome = `device:${poll.outcome}`
      if (poll.outcome === 'approved')
        return Response.json({
          authorization_code: poll.code,
          code_challenge: poll.codeChallenge,
          code_verifier: poll.codeVerifier,
        })
      const [status, code, message] = refusals[poll.outcome]
      return openAiError(status ?? options.devicePendingStatus ?? 403, code, message)
    })
    .get('/codex/device', ({ req }) => deviceCodePage({ userCode: req.query('user_code') ?? '' }))
    .post('/codex/device', ({ req, env }) => decideDevice(parts, req.raw, env.note))
}

/** What the person's form asks for: to see what the code stands for, then to approve or deny it. */
async function decideDevice(
  { devices, accounts }: IssuerParts,
  request: Request,
  note: RequestNote,
): Promise<Response> {
  if (isForeignForm(request)) return openAiError(403, 'forbidden', 'This form belongs to another page.')
  const form = (await readParameters(request)) ?? {}
  const userCode = form['user_code'] ?? ''
  const device = devices.pending(userCode)
  if (device === undefined)
    return deviceCodePage({ userCode, problem: 'That code is not waiting: check it, or ask for a new one.' })
  if (form['decision'] === undefined) return deviceConfirmPage({ device, accounts })
  const approved = form['decision'] === 'approve'
  const account = findAccount(accounts, form['account'] ?? '') ?? accounts[0]
  devices.decide(userCode, approved ? account : 'denied')
  note.outcome = approved ? 'device:approved' : 'device:denied'
  return outcomePage({ approved, email: account.email })
}

/** While nobody has decided, and for a code nobody knows, the answer is the same (real-codex 3): 403 or 404 by option. */
const unknown = [
  undefined,
  'deviceauth_authorization_unknown',
  'Device authorization is unknown. Please try again.',
] as const

const refusals = {
  pending: unknown,
  unknown,
  denied: [400, 'access_denied', 'The sign-in was denied.'],
  expired: [400, 'expired_token', 'The device code has expired. Please start again.'],
} as const

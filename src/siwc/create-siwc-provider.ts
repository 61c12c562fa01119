import {
  AuthError,
  createClientIdentity,
  isLoopback,
  parseServiceUrl,
  systemClock,
  trimTrailingSlashes,
  type ChatgptCredential,
  type Clock,
  type ConfirmContext,
  type Provider,
  type ProviderWays,
} from '../core/index.js'
import { processRevocationResponse, type AuthorizationGrant, type RevocationGrant } from '../core/oauth.js'
import { startAuthorization, type StartedAuthorization } from './authorization.js'
import { requireBackgroundConsent } from './background-consent.js'
import { documented } from './documented.js'
import { parseHostId, type HostIdSource } from './host-id.js'
import { requirePlanUsage } from './plan-permission.js'
import { redeemCode, settleRegistration } from './redeem.js'
import { readRenewal, sendRefresh, verifyRenewal } from './refresh.js'
import { refuseClient, unfinishedOf, usableOf, type RegistrationStore } from './registration.js'
import { shapeRequest, type RequestRules } from './request-rules.js'
import { sendRevocation } from './revoke.js'
import { patienceMs } from './send.js'
import { createTransferGuard } from './transfer.js'

/** What "Sign in with ChatGPT" takes from the program that is to be connected. */
export interface SiwcProviderOptions {
  /** The host program's own name, the same on every installation; people see it when they approve, and in their settings. */
  readonly appName: string
  readonly registrations: RegistrationStore
  readonly hostId: HostIdSource
  readonly requests?: RequestRules | undefined
  /** The program works while the person is away: nothing is sent before their consent is written down, see `recordBackgroundConsent`. */
  readonly background?: boolean | undefined
  /** Registers anew at the next sign-in, for another account or workspace. Default: the registration is used again. */
  readonly newRegistration?: boolean | undefined
  /** Asks for plan use again at the next sign-in, see `enablePlanUsage`. */
  readonly asksForConsent?: boolean | undefined
  readonly clock?: Clock | undefined
  /** Another issuer, for tests: on loopback, or under `.test`. */
  readonly issuer?: string | undefined
  /** Another API, for tests, as `issuer`. */
  readonly apiUrl?: string | undefined
}

/**
 * "Sign in with ChatGPT" for open-source and locally hosted programs, as OpenAI documents it (preview, terms of 29 September 2026).
 *
 * @example
 *   const provider = createSiwcProvider({ appName: 'Quill', registrations, hostId })
 *   const session = createSession({ store, provider })
 *
 * @throws AuthError `ERR_CONFIG_CLIENT_NAME` without a name of one's own; `ERR_CONFIG_URL`
 */
export function createSiwcProvider(options: SiwcProviderOptions): Provider {
  const appName = requireOwnName(options.appName)
  const issuer = testUrl(options.issuer, 'The issuer') ?? documented.issuer
  const backendUrl = testUrl(options.apiUrl, 'The API URL') ?? documented.apiUrl
  return {
    name: 'siwc',
    mode: 'siwc',
    issuer,
    clientId: documented.bootstrapClientId,
    scope: documented.scope,
    backendUrl,
    ways: createWays(options, { appName, issuer }),
  }
}

function createWays(
  options: SiwcProviderOptions,
  { appName, issuer }: { appName: string; issuer: string },
): ProviderWays {
  const { registrations, hostId, requests, clock = systemClock } = options
  const started = new WeakMap<AuthorizationGrant, StartedAuthorization>()
  const confirm = createConfirmation(options)
  const guard = createTransferGuard(registrations)
  return {
    paths: { models: '/models', responses: '/responses' },
    begin: async (redirectUri) => {
      const known = await registrations.read()
      const registration = options.newRegistration ? unfinishedOf(known) : usableOf(known)
      const authorization = await startAuthorization({
        issuer,
        appName,
        hostId: parseHostId(await hostId()),
        redirectUri,
        registration: registration?.issuer === issuer ? registration : undefined,
        asksForConsent: options.asksForConsent,
      })
      const { attempt } = authorization
      const toGrant: typeof attempt.toGrant = (code) => {
        const grant = attempt.toGrant(code)
        started.set(grant, authorization)
        return grant
      }
      return { ...attempt, toGrant }
    },
    redeem: async (grant, transport, { nowMs, replaces }) => {
      const authorization = started.get(grant)
      if (!authorization) throw new TypeError('The grant is not of an attempt of this provider.')
      const { nonce } = authorization
      const clientId = authorization.clientId()
      const revoke = async (revoked: RevocationGrant) => {
        const within = { ...transport, signal: AbortSignal.timeout(patienceMs) }
        await processRevocationResponse(await sendRevocation(revoked, within, clock))
      }
      await guard.keepTransferred(replaces)
      const credential = await redeemCode({ issuer, clientId, nonce, grant, registrations, revoke, nowMs }, transport)
      guard.redeemed(credential)
      return credential
    },
    settle: async (credential) => {
      await settleRegistration(registrations, credential)
      guard.settled(credential)
    },
    refresh: async (grant, ...more) => {
      await guard.requireOurs(grant.refreshToken)
      return sendRefresh(grant, ...more)
    },
    renew: readRenewal,
    confirm,
    revoke: async (grant, transport) => {
      await guard.requireOurs(grant.token)
      // What is revoked before it is settled was not accepted. A refusal that cannot be written must not keep it alive.
      if (guard.isUnsettled(grant.token)) await refuseClient(registrations, grant.clientId).catch(() => undefined)
      return sendRevocation(grant, transport, clock)
    },
    shape: (body) => shapeRequest(body, requests),
  }
}

/** Each credential is verified once; those who ask meanwhile wait for the one answer, and a failure is forgotten. */
function createConfirmation({ registrations, background }: SiwcProviderOptions): ProviderWays['confirm'] {
  const verified = new WeakMap<ChatgptCredential, Promise<ChatgptCredential>>()

  function verifyOnce(credential: ChatgptCredential, context: ConfirmContext): Promise<ChatgptCredential> {
    const known = verified.get(credential)
    if (known) return known
    const verifying = verifyRenewal(credential, context)
    verified.set(credential, verifying)
    verifying.catch(() => verified.delete(credential))
    return verifying
  }

  return async (credential, context) => {
    const confirmed = await verifyOnce(credential, context)
    requirePlanUsage(confirmed)
    if (background) await requireBackgroundConsent(registrations)
    return confirmed
  }
}

/** The name is how a person knows what they allow, so it is the host program's own, and none of OpenAI's (terms 1). */
function requireOwnName(name: string): string {
  const appName = name.trim()
  createClientIdentity(appName)
  return appName
}

function testUrl(text: string | undefined, name: string): string | undefined {
  if (text === undefined) return undefined
  const url = parseServiceUrl(text, name)
  if (isLoopback(url) || url.hostname.endsWith('.test')) return trimTrailingSlashes(text)
  throw new AuthError(
    'ERR_CONFIG_URL',
    `${name} of "Sign in with ChatGPT" is fixed; another one is for tests on this machine.`,
  )
}

import { randomUUID } from 'node:crypto'
import {
  AuthError,
  isAuthError,
  parseJsonObject,
  readNumber,
  readString,
  Secret,
  type JsonObject,
} from '../core/index.js'
import {
  authorizeUrl,
  createPkce,
  createState,
  devicePollRequest,
  processDevicePollResponse,
  processUserCodeResponse,
  userCodeRequest,
  type AuthorizationGrant,
  type DeviceCode,
  type DevicePoll,
} from '../core/oauth.js'
import { completeSignIn, expectAccount, revokeReplaced, type CompletedSignIn } from '../sign-in/index.js'
import { openEnvelope, sealEnvelope } from './envelope.js'
import type { Vault } from './open-vault.js'
import type { VaultOwner } from './owner.js'

/** A sign-in that waits for its person. All of it lies in the database, so that any instance may go on with it. */
export type BegunVaultSignIn =
  | {
      readonly id: string
      readonly flow: 'device'
      readonly userCode: string
      readonly verificationUrl: string
      readonly expiresAtMs: number
      readonly intervalMs: number
    }
  | { readonly id: string; readonly flow: 'callback'; readonly authorizeUrl: string; readonly expiresAtMs: number }

export type VaultSignInState = 'pending' | 'done' | 'failed' | 'unknown'

/** Sign-ins of a host's users. To begin one throws `ERR_CONFIG_USAGE` for a provider under which each person is a client of their own. */
export interface VaultSignIns {
  beginDevice(owner: VaultOwner, actor: string): Promise<BegunVaultSignIn>
  /** @param redirectUri An address of the host's own, registered for the client. */
  beginCallback(owner: VaultOwner, actor: string, redirectUri: string): Promise<BegunVaultSignIn>
  /** What came of it so far. A device code is asked for here, by whoever looks, and not more often than the issuer wants. */
  look(owner: VaultOwner, id: string, actor: string): Promise<VaultSignInState>
  /** Takes what the browser came back with; `pending` when another request is at it already. @throws AuthError `ERR_SIGN_IN_*` */
  complete(
    owner: VaultOwner,
    id: string,
    actor: string,
    answer: { code: string; state: string },
  ): Promise<VaultSignInState>
}

const callbackLastsMs = 15 * 60_000
/** Clocks of virtual machines run fast; waiting a fifth longer keeps us from being told to slow down. */
const intervalMargin = 1.2
/** RFC 8628 3.5. */
const slowDownMs = 5000

export function createVaultSignIns(vault: Vault): VaultSignIns {
  const { provider, identity, fetch, clock, keys, database } = vault
  const transport = { fetch, identity }

  /** Nothing was asked of anybody yet. */
  function requireSignIns(): void {
    if (provider.ways) throw noSignIns()
  }

  async function begin(
    owner: VaultOwner,
    actor: string,
    kind: string,
    lastsMs: number,
    kept: JsonObject,
  ): Promise<string> {
    const id = randomUUID()
    const envelope = await sealEnvelope(keys, JSON.stringify(kept), { ...owner, mark: id })
    await database.beginSignIn(owner, { id, kind, envelope, lastsMs, actor })
    return id
  }

  async function beginDevice(owner: VaultOwner, actor: string): Promise<BegunVaultSignIn> {
    requireSignIns()
    const nowMs = clock.now()
    const code = await processUserCodeResponse(provider, await userCodeRequest(provider, transport), nowMs)
    const { userCode, verificationUrl, expiresAtMs, intervalMs } = code
    const kept = { deviceAuthId: code.deviceAuthId.reveal(), userCode, verificationUrl, expiresAtMs, intervalMs }
    const id = await begin(owner, actor, 'device', expiresAtMs - nowMs, kept)
    return { id, flow: 'device', userCode, verificationUrl, expiresAtMs, intervalMs }
  }

  async function beginCallback(owner: VaultOwner, actor: string, redirectUri: string): Promise<BegunVaultSignIn> {
    requireSignIns()
    const { verifier, challenge } = await createPkce()
    const state = createState()
    const { originator } = identity
    const url = authorizeUrl(provider, { redirectUri, challenge, state, originator })
    const kept = { verifier: verifier.reveal(), state, redirectUri }
    const id = await begin(owner, actor, 'callback', callbackLastsMs, kept)
    return { id, flow: 'callback', authorizeUrl: url.href, expiresAtMs: clock.now() + callbackLastsMs }
  }

  async function open(owner: VaultOwner, id: string) {
    const row = await database.readSignIn(owner, id)
    if (row?.state !== 'pending') return { row, kept: undefined }
    return { row, kept: parseJsonObject(await openEnvelope(keys, row, { ...owner, mark: id })) }
  }

  async function look(owner: VaultOwner, id: string, actor: string): Promise<VaultSignInState> {
    const { row, kept } = await open(owner, id)
    if (!row) return 'unknown'
    if (row.state === 'exchanging') return 'pending'
    if (!kept || row.kind !== 'device') return toState(row.state)
    const intervalMs = readNumber(kept, 'intervalMs') ?? slowDownMs
    if (!(await database.takePoll(owner, id, intervalMs * intervalMargin))) return 'pending'
    return await poll(owner, id, actor, kept)
  }

  async function poll(owner: VaultOwner, id: string, actor: string, kept: JsonObject): Promise<VaultSignInState> {
    const code = toDeviceCode(kept)
    const found = await pollOnce(owner, id, actor, code)
    if (found.state === 'approved') return await exchange(owner, id, actor, found.grant)
    if (found.state === 'slow-down') await database.slowDown(owner, id, slowDownMs)
    return 'pending'
  }

  /** What fails in passing is asked again at the next look. */
  async function pollOnce(owner: VaultOwner, id: string, actor: string, code: DeviceCode): Promise<DevicePoll> {
    try {
      return await processDevicePollResponse(provider, await devicePollRequest(provider, code, transport))
    } catch (error) {
      if (isAuthError(error) && error.remedy === 'retry') return { state: 'pending' }
      await database.endSignIn(owner, id, 'failed', actor)
      throw error
    }
  }

  /** The code is good for one exchange, so only one instance may make it. */
  async function exchange(
    owner: VaultOwner,
    id: string,
    actor: string,
    grant: AuthorizationGrant,
  ): Promise<VaultSignInState> {
    if (!(await database.endSignIn(owner, id, 'exchanging', actor))) return 'pending'
    const completed = await redeem(owner, id, actor, grant)
    await database.endSignIn(owner, id, 'done', actor)
    await revokeReplaced(completed, { provider, ...transport })
    return 'done'
  }

  /** The code is spent by this: when it fails, whoever looks is to begin anew instead of waiting. */
  async function redeem(
    owner: VaultOwner,
    id: string,
    actor: string,
    grant: AuthorizationGrant,
  ): Promise<CompletedSignIn> {
    const accept = expectAccount({ mayReplace: true })
    try {
      return await completeSignIn({ ...transport, provider, clock, accept, store: vault.store(owner, actor) }, grant)
    } catch (error) {
      await database.endSignIn(owner, id, 'failed', actor).catch(() => false)
      throw error
    }
  }

  async function complete(
    owner: VaultOwner,
    id: string,
    actor: string,
    answer: { readonly code: string; readonly state: string },
  ): Promise<VaultSignInState> {
    const { row, kept } = await open(owner, id)
    const verifier = readString(kept, 'verifier')
    const redirectUri = readString(kept, 'redirectUri')
    if (row?.kind !== 'callback' || verifier === undefined || redirectUri === undefined) {
      throw new AuthError('ERR_SIGN_IN_EXPIRED', 'There is no such sign-in, or it has ended.')
    }
    // RFC 6749 10.12: an answer to somebody else's question.
    if (readString(kept, 'state') !== answer.state) {
      throw new AuthError('ERR_SIGN_IN_DENIED', 'The answer belongs to another sign-in.')
    }
    const grant = { code: new Secret(answer.code), verifier: new Secret(verifier), redirectUri }
    return await exchange(owner, id, actor, grant)
  }

  return { beginDevice, beginCallback, look, complete }
}

function toState(text: string): VaultSignInState {
  return text === 'done' || text === 'failed' ? text : 'pending'
}

function toDeviceCode(kept: JsonObject) {
  return {
    deviceAuthId: new Secret(readString(kept, 'deviceAuthId') ?? ''),
    userCode: readString(kept, 'userCode') ?? '',
    verificationUrl: readString(kept, 'verificationUrl') ?? '',
    intervalMs: readNumber(kept, 'intervalMs') ?? slowDownMs,
    expiresAtMs: readNumber(kept, 'expiresAtMs') ?? 0,
  }
}

/** Each person's registration of the program is a client of its own, and a vault has one provider for all of them. */
function noSignIns(): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', 'The vault begins no sign-ins for this provider.', {
    advice: 'Sign each person in with a provider of their own, and write what comes of it to `vault.store(owner)`.',
  })
}

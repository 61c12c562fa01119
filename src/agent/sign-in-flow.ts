import { randomBytes } from 'node:crypto'
import { parseJsonObject, readNumber, readObject, readString, Secret, type JsonObject } from '../core/index.js'
import type { AuthorizationGrant, DeviceCode } from '../core/oauth.js'

interface FlowFacts {
  /** What a caller knows the flow by: random, and worth nothing to anybody else. */
  readonly flowId: string
  readonly issuer: string
  /** Whether the person asked to replace whoever is signed in. */
  readonly switchesAccount: boolean
}

/** A code that waits for somebody to type it. */
export interface WaitingFlow extends FlowFacts {
  readonly state: 'waiting'
  readonly code: DeviceCode
  readonly pollAfterMs: number
  /** The turn of the conversation in which the issuer was last asked. */
  readonly turn?: string | undefined
  /** The `loginOwnerId` of whoever was signed in at the start: when nobody is any more, somebody has signed out meanwhile. */
  readonly ownerAtStart?: string | undefined
}

/** Approved, and not yet stored. The grant can be exchanged once, so it is kept until what it gives is safe. */
export interface ApprovedFlow extends FlowFacts {
  readonly state: 'approved'
  readonly grant: AuthorizationGrant
  /** The `loginOwnerId` of the sign-in that was stored then: another one means that this flow has been stored. */
  readonly ownerBefore?: string | undefined
}

const outcomes = ['signed_in', 'denied', 'expired', 'cancelled', 'wrong_account', 'approval_lost'] as const

/** How a flow ended. */
export type FlowOutcome = (typeof outcomes)[number]

/** Over; kept without its secrets, so that whoever asks late learns how it ended. */
export interface EndedFlow extends FlowFacts {
  readonly state: 'ended'
  readonly outcome: FlowOutcome
}

/** A sign-in on its way, as it outlives the process that started it. */
export type SignInFlow = WaitingFlow | ApprovedFlow | EndedFlow

/** What a flow id looks like. What does not is somebody's secret in the wrong place, for all we know. */
export const flowIdPattern = /^flow_[\w-]{22}$/

export function createFlowId(): string {
  return `flow_${randomBytes(16).toString('base64url')}`
}

export function approveFlow(
  { flowId, issuer, switchesAccount }: WaitingFlow,
  grant: AuthorizationGrant,
  ownerBefore: string | undefined,
): ApprovedFlow {
  return { state: 'approved', flowId, issuer, switchesAccount, grant, ownerBefore }
}

export function endFlow({ flowId, issuer, switchesAccount }: SignInFlow, outcome: FlowOutcome): EndedFlow {
  return { state: 'ended', flowId, issuer, switchesAccount, outcome }
}

export function serializeFlow(flow: SignInFlow): string {
  return JSON.stringify(toJson(flow), undefined, 2)
}

function toJson(flow: SignInFlow): object {
  switch (flow.state) {
    case 'waiting': {
      return { ...flow, code: { ...flow.code, deviceAuthId: flow.code.deviceAuthId.reveal() } }
    }
    case 'approved': {
      const { code, verifier, redirectUri } = flow.grant
      return { ...flow, grant: { code: code.reveal(), verifier: verifier.reveal(), redirectUri } }
    }
    case 'ended': {
      return flow
    }
    default: {
      return flow satisfies never
    }
  }
}

/** @returns `undefined` for anything that `serializeFlow` did not write */
export function parseFlow(text: string): SignInFlow | undefined {
  const json = parseJsonObject(text)
  const flowId = readString(json, 'flowId')
  const issuer = readString(json, 'issuer')
  if (!json || issuer === undefined || flowId === undefined || !flowIdPattern.test(flowId)) return undefined
  const facts = { flowId, issuer, switchesAccount: json['switchesAccount'] === true }
  const state = readString(json, 'state')
  if (state === 'waiting') return parseWaiting(facts, json)
  if (state === 'approved') return parseApproved(facts, json)
  const outcome = outcomes.find((known) => known === readString(json, 'outcome'))
  return state === 'ended' && outcome ? { ...facts, state, outcome } : undefined
}

function parseWaiting(facts: FlowFacts, json: JsonObject): WaitingFlow | undefined {
  const code = parseCode(readObject(json, 'code'))
  const pollAfterMs = readNumber(json, 'pollAfterMs')
  if (!code || pollAfterMs === undefined) return undefined
  return {
    ...facts,
    state: 'waiting',
    code,
    pollAfterMs,
    turn: readString(json, 'turn'),
    ownerAtStart: readString(json, 'ownerAtStart'),
  }
}

function parseCode(json: JsonObject | undefined): DeviceCode | undefined {
  const [deviceAuthId, userCode] = [readString(json, 'deviceAuthId'), readString(json, 'userCode')]
  const verificationUrl = readString(json, 'verificationUrl')
  const [intervalMs, expiresAtMs] = [readNumber(json, 'intervalMs'), readNumber(json, 'expiresAtMs')]
  if (deviceAuthId === undefined || userCode === undefined || verificationUrl === undefined) return undefined
  if (intervalMs === undefined || expiresAtMs === undefined) return undefined
  return { deviceAuthId: new Secret(deviceAuthId), userCode, verificationUrl, intervalMs, expiresAtMs }
}

function parseApproved(facts: FlowFacts, json: JsonObject): ApprovedFlow | undefined {
  const grant = readObject(json, 'grant')
  const [code, verifier] = [readString(grant, 'code'), readString(grant, 'verifier')]
  const redirectUri = readString(grant, 'redirectUri')
  if (code === undefined || verifier === undefined || redirectUri === undefined) return undefined
  const parsed = { code: new Secret(code), verifier: new Secret(verifier), redirectUri }
  return { ...facts, state: 'approved', grant: parsed, ownerBefore: readString(json, 'ownerBefore') }
}

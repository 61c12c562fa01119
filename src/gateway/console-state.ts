import { readModels, readUsage } from '../backend/index.js'
import { isAuthError, type Clock, type SessionStatus } from '../core/index.js'
import { assertGeneralAccessAllowed } from '../siwc/index.js'
import type { AccountState, ConsoleModel, DoctorFinding, ModelsState, ProfileState, UsageState } from './console-api.js'
import { toConsoleFailure } from './console-failure.js'
import type { GatewayProfile, ProfileShelf } from './profile-shelf.js'
import { within } from './within.js'

/** Every profile, by its store alone; one that cannot be read hides no other. */
export async function readProfileStates(names: readonly string[], shelf: ProfileShelf): Promise<ProfileState[]> {
  return Promise.all(names.map((name) => readProfileState(name, shelf)))
}

async function readProfileState(name: string, shelf: ProfileShelf): Promise<ProfileState> {
  const isCurrent = name === shelf.currentName
  try {
    return toProfileState(name, isCurrent, await shelf.get(name).session.status())
  } catch (error) {
    if (!isAuthError(error)) throw error
    const unread = { isSignedIn: false, account: null, expiresAtMs: null, store: null }
    return { name, isCurrent, state: 'unreadable', reason: error.code, ...unread }
  }
}

function toProfileState(name: string, isCurrent: boolean, status: SessionStatus): ProfileState {
  const { state, signedIn, reason, expiresAtMs, store } = status
  return {
    name,
    isCurrent,
    state,
    isSignedIn: signedIn,
    reason: reason ?? null,
    account: state === 'absent' || state === 'unsupported' ? null : toAccountState(status),
    expiresAtMs: expiresAtMs ?? null,
    store,
  }
}

function toAccountState({ email, planType, accountId }: SessionStatus): AccountState {
  return {
    email: email ?? null,
    maskedEmail: email === undefined ? null : maskEmail(email),
    planType: planType ?? null,
    accountId: accountId ?? null,
    maskedAccountId: accountId === undefined ? null : `…${accountId.slice(-4)}`,
  }
}

/** `ada@example.com` is `a•••@e•••.com`. */
function maskEmail(email: string): string {
  const [, first = '', domain = '', ending = ''] = /^(.).*?@(.).*?(\.[^.]*)?$/su.exec(email) ?? []
  return `${first}•••@${domain}•••${ending}`
}

/** What the doctor says, for whoever looks over the shoulder as well. */
export function maskFinding(finding: DoctorFinding, account: AccountState | null): DoctorFinding {
  const masks = [
    [account?.email, account?.maskedEmail],
    [account?.accountId, account?.maskedAccountId],
  ] as const
  const mask = (text: string) =>
    masks.reduce((found, [plain, masked]) => (plain && masked ? found.replaceAll(plain, masked) : found), text)
  return { ...finding, summary: mask(finding.summary), advice: finding.advice === null ? null : mask(finding.advice) }
}

/** What a part of the state takes. */
export interface ReadPart {
  readonly clock: Clock
  /** Asks anew also where an answer is fresh. */
  readonly force?: boolean | undefined
}

export async function readModelsState({ session, cache }: GatewayProfile, part: ReadPart): Promise<ModelsState> {
  try {
    assertGeneralAccessAllowed(session.provider)
    const reading = within(part.clock, (signal) => readModels(session, { cache, ...part, signal }))
    const { models, source, fetchedAtMs, failure } = await reading
    const shown = models.map((model, index): ConsoleModel => ({
      ...model,
      pickerId: `openai-codex/${model.id}`,
      isDefault: index === 0,
    }))
    return { state: 'known', models: shown, source, fetchedAtMs, failure: failure ? toConsoleFailure(failure) : null }
  } catch (error) {
    if (isAuthError(error)) return { state: 'unknown', failure: toConsoleFailure(error) }
    throw error
  }
}

export async function readUsageState({ session, cache, history }: GatewayProfile, part: ReadPart): Promise<UsageState> {
  try {
    assertGeneralAccessAllowed(session.provider)
    const reading = within(part.clock, (signal) => readUsage(session, { cache, history, ...part, signal }))
    const { planType, windows, credits, reachedType, source, fetchedAtMs, failure } = await reading
    return {
      state: 'known',
      planType: planType ?? null,
      windows,
      credits: credits ?? null,
      reachedType: reachedType ?? null,
      source,
      fetchedAtMs,
      failure: failure ? toConsoleFailure(failure) : null,
    }
  } catch (error) {
    if (isAuthError(error)) return { state: 'unknown', failure: toConsoleFailure(error) }
    throw error
  }
}

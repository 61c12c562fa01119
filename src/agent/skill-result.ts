import type { JsonValue } from '../core/index.js'
import type { FailureCode } from './agent-result.js'

/** A call that did what it is for; a sign-in that waits for its person is one. Keys are those of the published skill. */
export interface SkillSuccess {
  readonly ok: true
  readonly [key: string]: JsonValue
}

/** A call that failed: what happened, a stable code, and what to do next. */
export interface SkillFailure {
  readonly ok: false
  readonly error: string
  readonly code: FailureCode | 'not_connected' | 'reauth_required' | 'denied' | 'expired' | 'cancelled' | 'usage'
  readonly hint: string
}

/** What each of the seven functions returns, as one JSON object. */
export type SkillResult = SkillSuccess | SkillFailure

/** What every model id begins with before people and models. */
export const modelPrefix = 'openai-codex/'

export function skillFailure(code: SkillFailure['code'], error: string, hint: string): SkillFailure {
  return { ok: false, error, code, hint }
}

export function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000)
}

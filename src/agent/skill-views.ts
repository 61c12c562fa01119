import type { Agent } from './create-agent.js'
import type { AgentDetails } from './agent-details.js'
import { toAgentUsage } from './agent-reads.js'
import type { AgentUsage } from './agent-result.js'
import { modelPrefix, toSeconds } from './skill-result.js'

/** The switch command names a model that the account has, or says where to find one. */
export function toNextStep(models: readonly string[] = []): string {
  const [first] = models
  const choose = first === undefined ? 'choose one in the model picker' : `switch with /model ${modelPrefix}${first}`
  return `Tell the user: connection successful. Please refresh your browser page; once it reloads, the new ${modelPrefix}* models appear in the model picker. Then ${choose}.`
}

/** Who is connected and what they may use, as far as it is known here. */
export function toConnectedView(details: AgentDetails) {
  const models = details.models?.ids ?? []
  return {
    email: details.account.email ?? null,
    account_id: details.account.accountId ?? null,
    expires_at: orNull(details.expiresAtMs),
    models_count: models.length,
    default_model_id: models[0] === undefined ? null : `${modelPrefix}${models[0]}`,
    available_models: toPrefixed(models),
    usage: keptUsage(details),
  }
}

export function toPrefixed(models: readonly string[]): string[] {
  return models.map((id) => `${modelPrefix}${id}`)
}

export function keptUsage({ usage }: AgentDetails) {
  return usage ? toUsageView(toAgentUsage(usage), usage.fetchedAtMs) : null
}

/** Windows go by their length: which of two a plan has says nothing. */
export function toUsageView({ plan, limits, creditBalance }: AgentUsage, fetchedAtMs: number) {
  return {
    fetched_at: toSeconds(fetchedAtMs),
    plan_type: plan ?? null,
    windows: limits.map(({ limit, name, usedPercent, windowSeconds, resetsAt }) => ({
      limit,
      name,
      used_percent: usedPercent,
      window_seconds: windowSeconds ?? null,
      resets_at: resetsAt === undefined ? null : toSeconds(Date.parse(resetsAt)),
    })),
    credit_balance: creditBalance ?? null,
  }
}

/** Whether something was told that the models are others now. */
export function toCacheFlush({ isHeard }: Agent) {
  if (isHeard()) return { ok: true }
  return { ok: false, reason: 'no_listener', detail: 'Nothing in this process shows models; refresh what does.' }
}

export function orNull(milliseconds: number | undefined): number | null {
  return milliseconds === undefined ? null : toSeconds(milliseconds)
}

import { openSession } from '../../src/ai-sdk/open-session.js'
import type { BackendSession } from '../../src/backend/index.js'
import type { AnswerItem, Prompt, ScriptedAnswer } from '../../src/testing/index.js'
import { planLab, tokensFrom, twoAccounts, type PlanLab } from '../support/plan-lab.js'

/** A model that adds two with its tool `addTwo`, until it has 6. */
export function addingModel({ toolOutputs }: Prompt): ScriptedAnswer {
  const sum = Number(toolOutputs.at(-1)?.output ?? 0)
  if (sum >= 6) return { items: [{ type: 'text', text: `It is ${sum}.` }] }
  const call: AnswerItem = { type: 'function_call', name: 'addTwo', arguments: { to: sum } }
  return { items: [{ type: 'reasoning', summary: `${sum} is not enough.` }, call] }
}

/** A model that thinks about what it is told, and says it again. */
function thinkingModel({ text }: Prompt): ScriptedAnswer {
  return {
    items: [
      { type: 'reasoning', summary: `About ${text}.` },
      { type: 'text', text: `You said ${text}.` },
    ],
  }
}

/** A thinking model, and the sessions of two people for a conversation that changes hands. */
export async function conversationLab(): Promise<PlanLab & { readonly sessions: readonly BackendSession[] }> {
  const lab = await planLab({ accounts: twoAccounts })
  lab.emulator.scenario.answers = [{ answer: thinkingModel }]
  const tokens = await Promise.all(twoAccounts.map((account) => tokensFrom(lab.emulator, account)))
  return { ...lab, sessions: tokens.map((own) => openSession({ ...lab.place, tokens: own })) }
}

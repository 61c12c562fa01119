import type { Model } from './model-catalogue.js'

/** The day of the Codex release 0.169.0, which brought this list. */
export const fallbackAtMs = Date.UTC(2026, 10, 13)

const upTo = (last: string): readonly string[] => {
  const levels = ['low', 'medium', 'high', 'xhigh', 'max', 'ultra']
  return levels.slice(0, levels.indexOf(last) + 1)
}

/** What every plan could choose on that day, best first. Which of it an account can use today, only the backend knows. */
export const fallbackModels: readonly Model[] = [
  { id: 'gpt-6.1-sol', name: 'GPT-6.1-Sol', contextWindow: 272_000, reasoningLevels: upTo('ultra') },
  { id: 'gpt-6-astra', name: 'GPT-6-Astra', contextWindow: 272_000, reasoningLevels: upTo('ultra') },
  { id: 'gpt-6-sol', name: 'GPT-6-Sol', contextWindow: 272_000, reasoningLevels: upTo('ultra') },
  { id: 'gpt-6-luna', name: 'GPT-6-Luna', contextWindow: 272_000, reasoningLevels: upTo('max') },
  { id: 'gpt-5.6-sol', name: 'GPT-5.6-Sol', contextWindow: 272_000, reasoningLevels: upTo('ultra') },
  { id: 'gpt-6.1-terra', name: 'GPT-6.1 Terra', contextWindow: 500_000, reasoningLevels: upTo('ultra') },
  { id: 'gpt-5.6-terra', name: 'GPT-5.6-Terra', contextWindow: 272_000, reasoningLevels: upTo('ultra') },
  { id: 'gpt-5.6-luna', name: 'GPT-5.6-Luna', contextWindow: 272_000, reasoningLevels: upTo('max') },
  { id: 'gpt-5.5', name: 'GPT-5.5', contextWindow: 272_000, reasoningLevels: upTo('xhigh') },
]

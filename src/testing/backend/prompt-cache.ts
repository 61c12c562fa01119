import type { InputItem } from './prompt.js'

/** How much of a prompt the service has read before. */
export interface PromptCache {
  /** The tokens `input` shares with the conversation's last prompt, which `input` now becomes. */
  cachedTokens(conversation: string | undefined, input: readonly InputItem[]): number
}

export function createPromptCache(): PromptCache {
  const lastInputs = new Map<string, readonly InputItem[]>()
  return {
    cachedTokens(conversation, input) {
      if (conversation === undefined) return 0
      const last = lastInputs.get(conversation) ?? []
      lastInputs.set(conversation, input)
      const differing = input.findIndex((item, index) => JSON.stringify(item) !== JSON.stringify(last[index]))
      return countTokens(differing === -1 ? input : input.slice(0, differing))
    },
  }
}

/** What the items cost at four characters a token, as everybody guesses. The same items always cost the same. */
export function countTokens(items: readonly object[]): number {
  return items.reduce((total, item) => total + Math.ceil(JSON.stringify(item).length / 4), 0)
}

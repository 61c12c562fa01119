import type { AnswerCache } from '../../src/backend/index.js'

/** A cache in memory, open to a test's eyes. */
export function createMemoryCache(): AnswerCache & { readonly texts: Map<string, string> } {
  const texts = new Map<string, string>()
  return {
    texts,
    read: async (name) => texts.get(name),
    write: async (name, text) => void texts.set(name, text),
  }
}

import { parseAuthFile, serializeAuthFile } from '../core/index.js'
import type { CodexBacking, SharedContent } from './codex-update.js'
import { readDocument, requireWhole, type DocumentCodec } from './read-document.js'

export const codexCodec: DocumentCodec = {
  encode: async (credential) => serializeAuthFile(credential),
  decode: async (text) => parseAuthFile(text),
}

/** The CLI's `auth.json`. */
export function createCodexFile(path: string): CodexBacking {
  return {
    where: path,
    pollMs: 20,
    read: () => readShared(path),
    whole: ({ content }, isReplaceable) => requireWhole(content, path, isReplaceable),
    storing: (transaction) => transaction,
  }
}

/** The text goes with what it means, both of one look. */
async function readShared(path: string): Promise<SharedContent> {
  let text: string | undefined
  const content = await readDocument(path, {
    ...codexCodec,
    decode: async (read) => {
      const credential = parseAuthFile(read)
      text = read
      return credential
    },
  })
  return { text, content }
}

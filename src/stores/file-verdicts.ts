import { parseJsonObject, readNumber, readObject, readString, errorTable } from '../core/index.js'
import type { ErrorCode, JsonObject, RefreshVerdict, RefreshVerdicts } from '../core/index.js'
import { createFileCache } from './file-cache.js'

/** Enough for the sign-ins one profile goes through; older verdicts make room. */
const maximumVerdicts = 16

/** Dead refresh tokens, remembered by fingerprint in `<folder>/refresh-verdicts.json`. Losing the file costs one refused request. */
export function createFileVerdicts(folder: string): RefreshVerdicts {
  const cache = createFileCache(folder)
  const readAll = async (): Promise<JsonObject> => parseJsonObject((await cache.read('refresh-verdicts')) ?? '{}') ?? {}
  return {
    recall: async (tokenFingerprint) => parseVerdict(readObject(await readAll(), tokenFingerprint)),
    remember: async (tokenFingerprint, { code, atMs }) => {
      const kept = Object.entries(await readAll()).slice(1 - maximumVerdicts)
      const verdicts = Object.fromEntries([...kept, [tokenFingerprint, { code, atMs }]])
      await cache.write('refresh-verdicts', JSON.stringify(verdicts, undefined, 2))
    },
    isEmpty: async () => (await cache.read('refresh-verdicts')) === undefined,
  }
}

function parseVerdict(stored: JsonObject | undefined): RefreshVerdict | undefined {
  const code = readString(stored, 'code')
  const atMs = readNumber(stored, 'atMs')
  return code !== undefined && isErrorCode(code) && atMs !== undefined ? { code, atMs } : undefined
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code)
}

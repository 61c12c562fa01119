import { readdir, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { AuthError, parseJsonObject, readNumber, readString, systemClock } from '../core/index.js'
import type { Clock, JsonObject, Secret } from '../core/index.js'
import { replaceFile } from '../stores/index.js'
import { createApiKey, digestKey } from './api-key.js'
import type { ClientKey, StoredKey } from './key-ring.js'

/** What a new key may do. */
export type NewKey = Omit<ClientKey, 'createdAtMs'>

/** The keys of a gateway's clients, a file each: whoever adds one can undo nobody's revocation. */
export interface KeyFolder {
  /** Every key, at most a second old. @throws AuthError `ERR_STORE_READ` */
  read(): Promise<readonly StoredKey[]>
  /** @returns the key itself, which is kept nowhere @throws AuthError `ERR_CONFIG_USAGE`, `ERR_STORE_WRITE` */
  add(key: NewKey): Promise<Secret>
  /** False when there is none of that name. @throws AuthError `ERR_STORE_WRITE` */
  revoke(name: string): Promise<boolean>
}

const suffix = '.key'
const namePattern = /^\w[\w.-]{0,63}$/
/** The gateway's own: the key it makes when it starts, and its page. */
const reservedNames: ReadonlySet<string> = new Set(['serve', 'console'])
const freshForMs = 1000

/** The keys in `folder`; of each there is its name, what it may do, and the SHA-256 of it. */
export function createKeyFolder(folder: string, clock: Clock = systemClock): KeyFolder {
  const fileOf = (name: string) => join(folder, `${name}${suffix}`)
  let known: { readonly atMs: number; readonly keys: Promise<readonly StoredKey[]> } | undefined

  return {
    read() {
      const atMs = clock.now()
      if (!known || atMs - known.atMs >= freshForMs || atMs < known.atMs) known = { atMs, keys: readKeys(folder) }
      return known.keys
    },
    async add(key) {
      refuseName(key.name)
      const keys = await readKeys(folder)
      if (keys.some(({ name }) => name === key.name)) throw taken(key.name)
      const secret = createApiKey()
      const digest = digestKey(secret.reveal()).toString('hex')
      await replaceFile(fileOf(key.name), JSON.stringify({ ...key, createdAtMs: clock.now(), digest }))
      return secret
    },
    async revoke(name) {
      const keys = await readKeys(folder)
      if (!keys.some((key) => key.name === name)) return false
      await unlink(fileOf(name)).catch((error: unknown) => {
        throw new AuthError('ERR_STORE_WRITE', `The key \`${name}\` cannot be removed from ${folder}.`, {
          cause: error,
        })
      })
      return true
    },
  }
}

async function readKeys(folder: string): Promise<StoredKey[]> {
  const files = (await readNames(folder)).filter((file) => file.endsWith(suffix)).toSorted()
  const keys = await Promise.all(
    files.map(async (file) => parseKey(await readFile(join(folder, file), 'utf8').catch(() => ''))),
  )
  return keys.filter((key) => key !== undefined)
}

async function readNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'code') === 'ENOENT') return []
    throw new AuthError('ERR_STORE_READ', `The keys in ${folder} cannot be read.`, { cause: error })
  }
}

/** What cannot be read lets nobody in. */
function parseKey(text: string): StoredKey | undefined {
  const stored = parseJsonObject(text)
  const name = readString(stored, 'name')
  const digest = Buffer.from(readString(stored, 'digest') ?? '', 'hex')
  if (stored === undefined || name === undefined || digest.length !== 32) return undefined
  const createdAtMs = readNumber(stored, 'createdAtMs') ?? 0
  return { name, createdAtMs, models: readModelList(stored), dailyTokens: readNumber(stored, 'dailyTokens'), digest }
}

/** One that is damaged allows no model rather than every one. */
function readModelList({ models }: JsonObject): readonly string[] | undefined {
  if (models === undefined) return undefined
  return Array.isArray(models) ? models.filter((model) => typeof model === 'string') : []
}

function refuseName(name: string): void {
  if (namePattern.test(name) && !reservedNames.has(name)) return
  throw new AuthError('ERR_CONFIG_USAGE', 'The name of the key is not a plain word, or is one of our own.', {
    advice: 'Use letters, digits, dots, dashes and underscores, but not `serve` or `console`.',
  })
}

function taken(name: string): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', `There is a key \`${name}\` already.`, {
    advice: `Take another name, or run \`planpass keys revoke ${name}\` first.`,
  })
}

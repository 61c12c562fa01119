import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AuthError, parseJsonObject, readNumber, readString, type JsonObject } from '../core/index.js'
import {
  createHostId,
  parseHostId,
  type HostIdSource,
  type Registration,
  type RegistrationStore,
} from '../siwc/index.js'
import { replaceFile, withLockedFile } from '../stores/index.js'

/** The registration of the profile in `folder`, beside its tokens and no secret; it stays when somebody signs out. */
export function createFileRegistrations(folder: string): RegistrationStore {
  const path = join(folder, 'registration.json')
  const read = async () => {
    const text = await readIfThere(path)
    return text === undefined ? undefined : parseRegistration(parseJsonObject(text), path)
  }
  return {
    read,
    update: (change) =>
      withLockedFile(path, {}, undefined, async () => {
        const known = await read()
        const changed = change(known)
        if (!changed || changed === known) return known
        await replaceFile(path, JSON.stringify(changed, undefined, 2))
        return changed
      }),
  }
}

function parseRegistration(json: JsonObject | undefined, path: string): Registration {
  const [issuer, clientId] = [readString(json, 'issuer'), readString(json, 'clientId')]
  const state = (['pending', 'refused', 'connected', 'transferred'] as const).find((known) => known === json?.['state'])
  if (!issuer || !clientId || !state) {
    throw new AuthError('ERR_STORE_CORRUPT', `${path} holds no registration.`, {
      advice: 'Correct it, or remove it: the next sign-in registers anew then.',
    })
  }
  const [subject, email] = [readString(json, 'subject'), readString(json, 'email')]
  const pendingClientId = readString(json, 'pendingClientId')
  const backgroundConsentAtMs = readNumber(json, 'backgroundConsentAtMs')
  return {
    issuer,
    clientId,
    state,
    ...(subject !== undefined && { subject }),
    ...(email !== undefined && { email }),
    ...(pendingClientId !== undefined && { pendingClientId }),
    ...(backgroundConsentAtMs !== undefined && { backgroundConsentAtMs }),
  }
}

/**
 * The id of this installation, in `<home>/.host-id`: made at the first sign-in by whoever is first, and the same ever after, for all profiles.
 * A name with a dot in front is no profile's, and no export holds it: another machine makes its own (siwc 7).
 */
export function createFileHostId(home: string): HostIdSource {
  const path = join(home, '.host-id')
  return async () => {
    const known = await readIfThere(path)
    return readHostId(known?.trim() ?? (await createOnce(path)), path)
  }
}

function readHostId(text: string, path: string): string {
  try {
    return parseHostId(text)
  } catch (error) {
    throw new AuthError('ERR_STORE_CORRUPT', `${path} holds no id of this machine.`, {
      advice: 'Correct it, or remove it: another one is made then.',
      cause: error,
    })
  }
}

function createOnce(path: string): Promise<string> {
  return withLockedFile(path, {}, undefined, async () => {
    const known = await readIfThere(path)
    if (known !== undefined) return known.trim()
    const hostId = createHostId()
    await replaceFile(path, hostId)
    return hostId
  })
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new AuthError('ERR_STORE_READ', `${path} cannot be read.`, { cause: error })
  }
}

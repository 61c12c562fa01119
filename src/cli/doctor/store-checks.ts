import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AuthError, isAuthError } from '../../core/index.js'
import { readJournal } from '../../stores/index.js'
import { homeFolder } from '../../node/index.js'
import { formatInstant } from '../format-time.js'
import { isShared } from '../shared-sign-in.js'
import type { Check } from './check.js'

/** Readable now, and writable when a refresh will need it. */
export const checkStore: Check = async ({ profile: { name, authFile, store }, status }) => {
  const { state } = await status
  const place = `Profile \`${name}\`, ${store.kind} store at ${store.describe()}`
  if (state === 'absent') return { state: 'ok', summary: `${place}; nothing is stored.` }
  const isWritable = await access(dirname(authFile), constants.W_OK).then(
    () => true,
    () => false,
  )
  if (isWritable) return { state: 'ok', summary: `${place}.` }
  throw new AuthError('ERR_STORE_WRITE', `${place}: the folder cannot be written, so no refresh can be stored.`)
}

export const checkAccount: Check = async ({ host, status: pendingStatus }) => {
  const status = await pendingStatus.catch((error: unknown) => {
    if (isAuthError(error)) return undefined
    throw error
  })
  const advice = 'Run `planpass login`.'
  if (!status) return { state: 'warn', summary: 'Not known: the store cannot be read.', advice: 'See the store above.' }
  const { state, reason, email, planType, accountId, expiresAtMs, mode } = status
  if (state === 'absent') return { state: 'warn', summary: 'Nobody is signed in.', advice }
  if (state === 'unsupported') {
    return { state: 'warn', summary: `The profile holds another kind of credential (${mode}).`, advice }
  }
  const plan = planType === undefined ? '' : ` (${planType})`
  const workspace = accountId === undefined ? '' : `, workspace ${accountId}`
  const end = expiresAtMs === undefined ? 'does not tell its end' : formatInstant(expiresAtMs, host.clock.now())
  const summary = `${email ?? 'An account without e-mail'}${plan}${workspace}; ${state}; end of the access token: ${end}`
  if (state === 'dead') return { state: 'fail', summary: `${summary}.`, advice, code: reason ?? 'ERR_TOKEN_EXPIRED' }
  if (reason !== undefined) return { state: 'warn', summary: `${summary}; it cannot be refreshed (${reason}).`, advice }
  return { state: 'ok', summary: `${summary}.` }
}

/** A refresh that began and was never heard of again. */
export const checkJournal: Check = async ({ host, profile: { authFile } }) => {
  const last = (await readJournal(authFile)).at(-1)
  if (!last) return { state: 'ok', summary: 'No refresh was cut off.' }
  const when = formatInstant(last.atMs, host.clock.now())
  return {
    state: 'warn',
    summary: `A refresh (${last.reason}) began at ${when} in process ${last.pid} on ${last.host}, and its end is not known.`,
    advice: 'If that process still runs, wait for it; else the next refresh shows whether the sign-in is still good.',
  }
}

/** Only we may look: whoever reads the file has the sign-in. */
export const checkModes: Check = async ({ host, profile }) => {
  if (process.platform === 'win32') return { state: 'ok', summary: 'Not checked on Windows.' }
  const { folder, authFile } = profile
  const [file, ...folders] = await Promise.all([authFile, folder, homeFolder(host.environment)].map(readMode))
  if (file && (file.isForeign || file.isOpen)) {
    const why = file.isForeign ? 'belongs to somebody else' : `is open to others (${file.mode})`
    throw new AuthError('ERR_STORE_UNSAFE', `${file.path} ${why}.`, {
      advice: `Run \`chmod 600 ${file.path}\` as its owner, and sign in again if others may have read it.`,
    })
  }
  const open = folders.find((found) => found && (found.isForeign || found.isOpen))
  if (open) {
    return {
      state: 'warn',
      summary: `${open.path} is open to others (${open.mode}).`,
      advice: `Run \`chmod 700 ${open.path}\`.`,
    }
  }
  if (!file) return { state: 'ok', summary: 'There is no file yet.' }
  const ofFolder = isShared(profile) ? '' : ', its folder yours alone'
  return { state: 'ok', summary: `${file.path} is ${file.mode}${ofFolder}.` }
}

interface Mode {
  readonly path: string
  readonly mode: string
  readonly isOpen: boolean
  readonly isForeign: boolean
}

/** `undefined` when there is nothing at `path` that we can see. */
export async function readMode(path: string): Promise<Mode | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (!found) return undefined
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0')
  return { path, mode, isOpen: (found.mode & 0o077) !== 0, isForeign: found.uid !== process.getuid?.() }
}

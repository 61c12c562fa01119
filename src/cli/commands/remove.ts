import { rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AuthError, isAuthError, type ErrorCode, type SessionState } from '../../core/index.js'
import { firstProfile, homeFolder, readDefaultProfile, writeDefaultProfile } from '../../node/index.js'
import type { CommandRun, Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { openProfile, type Profile } from '../open-profile.js'
import { readOwnEntries, requireProfile } from '../profile-names.js'
import { requireArguments } from '../require-arguments.js'
import { isShared } from '../shared-sign-in.js'

interface Removal {
  readonly profile: string
  /** A sign-in was forgotten that may live on at the server. */
  readonly forgotten: boolean
  /** The folder is still there, because somebody else's files are in it. */
  readonly folderKept: boolean
  readonly default: string
}

/**
 * Removes what planpass keeps of a profile. Never signs anybody out by the way: that is said with `--forget`, or done with `logout` before. A
 * sign-in that is shared with the Codex CLI is the CLI's to keep.
 */
export const run: CommandRun = async (invocation) => {
  const { host, options } = invocation
  const [name = ''] = requireArguments(invocation, 'the name of a profile')
  await requireProfile(host.environment, name)
  const profile = openProfile(invocation, name)
  const forgotten = !isShared(profile) && (await forget(profile, options.isSet('forget')))
  const folderKept = !(await removeFolder(invocation, profile))
  const home = homeFolder(host.environment)
  if (readDefaultProfile(home) === name) await writeDefaultProfile(home, firstProfile)
  const removal = { profile: name, forgotten, folderKept, default: readDefaultProfile(home) }
  if (options.isSet('json')) host.stdout.write(`${JSON.stringify(removal)}\n`)
  else host.stderr.write(`${inWords(removal, profile)}\n`)
  return exitCodes.ok
}

/** @returns whether a sign-in was forgotten */
async function forget({ name, session }: Profile, isAsked: boolean): Promise<boolean> {
  const state = await readState(session)
  if (state === 'absent') return false
  if (state === 'unsupported') {
    throw new AuthError('ERR_TOKEN_UNSUPPORTED_MODE', `The profile \`${name}\` holds another tool's credential.`, {
      advice: 'Remove it with that tool first.',
    })
  }
  if (!isAsked && state !== 'dead') {
    const summary =
      state === 'unreadable'
        ? `The sign-in in the profile \`${name}\` cannot be read.`
        : `Somebody is signed in in the profile \`${name}\`.`
    const advice = `Run \`planpass logout --profile ${name}\` first, or use --forget to give the sign-in up without ending it at the server.`
    throw new AuthError('ERR_CONFIG_USAGE', summary, { advice })
  }
  return state === 'unreadable' || (await session.forget()).removed
}

const unreadable: readonly ErrorCode[] = ['ERR_STORE_CORRUPT', 'ERR_STORE_DECRYPT']

async function readState(session: Profile['session']): Promise<SessionState | 'unreadable'> {
  try {
    return (await session.status()).state
  } catch (error) {
    if (isAuthError(error) && unreadable.includes(error.code)) return 'unreadable'
    throw error
  }
}

/** @returns whether the folder itself is gone, too */
async function removeFolder({ host }: Invocation, { name, folder }: Profile): Promise<boolean> {
  try {
    for (const entry of await readOwnEntries(host.environment, name)) {
      await rm(join(folder, entry), { recursive: true, force: true })
    }
    await rmdir(folder)
    return true
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false
    throw new AuthError('ERR_STORE_WRITE', `${folder} cannot be removed (${String(code)}).`, { cause: error })
  }
}

function inWords({ profile, forgotten, folderKept }: Removal, place: Profile): string {
  const sentences = [
    `Removed the profile \`${profile}\`.`,
    forgotten && 'Its sign-in is forgotten here and was not ended at the server.',
    isShared(place) && `Its sign-in is the Codex CLI's as well, and stays in ${place.authFile}.`,
    folderKept && `${place.folder} stays, because there are files in it that are not planpass's own.`,
  ]
  return sentences.filter(Boolean).join(' ')
}

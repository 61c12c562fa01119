import { lstat, rename } from 'node:fs/promises'
import { AuthError, type Change } from '../../core/index.js'
import { homeFolder, profileFolder, readDefaultProfile, writeDefaultProfile } from '../../node/index.js'
import type { CommandRun, Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { openProfile } from '../open-profile.js'
import { requireProfile } from '../profile-names.js'
import { requireArguments } from '../require-arguments.js'

/** Renames the folder of a profile, and with it everything that lies there. The default profile stays the default under its new name. */
export const run: CommandRun = async (invocation) => {
  const { host, options } = invocation
  const [from = '', to = ''] = requireArguments(invocation, 'the old name', 'the new one')
  const home = homeFolder(host.environment)
  const target = profileFolder(host.environment, to)
  await requireProfile(host.environment, from)
  await requireFree(target)
  const isDefault = readDefaultProfile(home) === from
  await moveFolder(invocation, from, target)
  if (isDefault) await writeDefaultProfile(home, to)
  if (options.isSet('json')) host.stdout.write(`${JSON.stringify({ from, to, isDefault })}\n`)
  else host.stderr.write(`Renamed \`${from}\` to \`${to}\`${isDefault ? ', which is the default profile' : ''}.\n`)
  return exitCodes.ok
}

async function requireFree(folder: string): Promise<void> {
  const isTaken = await lstat(folder).then(
    () => true,
    () => false,
  )
  if (!isTaken) return
  throw new AuthError('ERR_CONFIG_USAGE', `There is something at ${folder} already.`, { advice: 'Use another name.' })
}

/** Waits for its turn first: a refresh that is under way in another process has to find its folder when the answer comes. */
async function moveFolder(invocation: Invocation, from: string, target: string): Promise<void> {
  const { folder, store } = openProfile(invocation, from)
  await store.update(async (): Promise<Change<void>> => ({ keep: true, result: undefined }))
  await rename(folder, target).catch((error: unknown) => {
    throw new AuthError('ERR_STORE_WRITE', `${folder} cannot be renamed.`, { cause: error })
  })
}

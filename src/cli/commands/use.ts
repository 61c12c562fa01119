import { homeFolder, writeDefaultProfile } from '../../node/index.js'
import type { CommandRun } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { requireProfile } from '../profile-names.js'
import { requireArguments } from '../require-arguments.js'

/** Remembers which profile is used when none is named. `--profile` wins over it. */
export const run: CommandRun = async (invocation) => {
  const { host, options } = invocation
  const [name = ''] = requireArguments(invocation, 'the name of a profile')
  await requireProfile(host.environment, name)
  await writeDefaultProfile(homeFolder(host.environment), name)
  if (options.isSet('json')) host.stdout.write(`${JSON.stringify({ default: name })}\n`)
  else host.stderr.write(`\`${name}\` is the default profile now.\n`)
  return exitCodes.ok
}

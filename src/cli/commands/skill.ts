import {
  createAgent,
  createSkill,
  requireDeviceCodes,
  skillNames,
  toSkillFailure,
  type Skill,
  type SkillFailure,
  type SkillResult,
} from '../../agent/index.js'
import { isAuthError } from '../../core/index.js'
import type { CommandRun, Invocation } from '../command.js'
import { exitCodeOf, exitCodes } from '../exit-codes.js'
import { openProfile } from '../open-profile.js'

/**
 * One of the skill's seven functions. Whatever becomes of it, stdout is one JSON object; the exit code is 0 when it says `ok`, 2 for a call that
 * makes no sense, else 3.
 */
export const run: CommandRun = async (invocation) => {
  const call = readCall(invocation)
  const result = call ? await answer(call, invocation) : senseless
  invocation.host.stdout.write(`${JSON.stringify(result)}\n`)
  if (result.ok) return exitCodes.ok
  return call ? exitCodes.notSignedIn : exitCodeOf('ERR_CONFIG_USAGE')
}

type Call = (skill: Skill) => Promise<SkillResult>

const senseless: SkillFailure = {
  ok: false,
  error: 'There is no such function of the skill.',
  code: 'usage',
  hint: `Name one of ${skillNames.join(', ')}; after poll, what start gave as pending_id.`,
}

function readCall({ arguments: given, options }: Invocation): Call | undefined {
  const [named, argument] = given
  const name = skillNames.find((known) => known === named)
  const most = name === 'poll' ? 2 : 1
  if (!name || given.length > most) return undefined
  const force = options.isSet('force')
  if (name === 'start') return (skill) => skill.start({ switchAccount: options.isSet('switch-account') })
  if (name === 'poll') return (skill) => skill.poll(argument)
  if (name === 'models' || name === 'usage') return (skill) => skill[name](force)
  return (skill) => skill[name]()
}

async function answer(call: Call, invocation: Invocation): Promise<SkillResult> {
  try {
    const { clock } = invocation.host
    const profile = openProfile(invocation)
    requireDeviceCodes(profile.provider)
    const agent = createAgent({ ...profile, clock })
    return await call(createSkill({ agent, clock }))
  } catch (error) {
    if (isAuthError(error)) return toSkillFailure(error)
    throw error
  }
}

// What skills/chatgpt-codex-onboarding/scripts/chatgpt-auth.mjs is bundled from: the seven functions without an installation.
import { parseArgs } from 'node:util'
import { createSkill, skillNames, toSkillFailure } from '../src/agent/skill.ts'
import { openAgent } from '../src/agent/open-agent.ts'

const help = `Usage: node chatgpt-auth.mjs <function> [argument] [options]

  status            who is connected; asks nobody
  start             an address and a code to show to the user
  poll [ID]         one look whether the user has approved; ID is the pending_id of start
  logout            disconnect, here and at OpenAI
  refresh           renew the access token now; normally nobody has to
  models            the models of the subscription
  usage             how much of its limits is used

  --force           models, usage: ask anew
  --switch-account  start: replace whoever is connected, when the user asked for that
  --profile NAME    another profile of planpass than the default one

Prints one JSON object. Exit code 0 when it says "ok": true, 3 when it does not, 2 for a call that makes no sense.
`

const options = {
  force: { type: 'boolean' },
  'switch-account': { type: 'boolean' },
  profile: { type: 'string' },
  help: { type: 'boolean' },
}

function read() {
  try {
    return parseArgs({ options, allowPositionals: true })
  } catch {
    return undefined
  }
}

async function call({ values, positionals: [name, argument] }) {
  try {
    const skill = createSkill({ agent: openAgent({ profile: values.profile, fetch: globalThis.fetch }) })
    if (name === 'start') return await skill.start({ switchAccount: values['switch-account'] })
    if (name === 'poll') return await skill.poll(argument)
    if (name === 'models' || name === 'usage') return await skill[name](values.force)
    return await skill[name]()
  } catch (error) {
    return toSkillFailure(error)
  }
}

const given = read()
const isSensible = given && skillNames.includes(given.positionals[0]) && given.positionals.length <= 2
if (given?.values.help) {
  process.stdout.write(help)
} else if (isSensible) {
  const result = await call(given)
  process.stdout.write(`${JSON.stringify(result)}\n`)
  process.exitCode = result.ok ? 0 : 3
} else {
  process.stderr.write(help)
  process.exitCode = 2
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { createEmulator, type Emulator } from '../../testing/index.js'
import type { CommandRun, Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import type { Host, Output } from '../host.js'
import { run as runCommandLine } from '../run.js'
import { createStyle } from '../style.js'

const steps: readonly (readonly string[])[] = [
  ['login', '--device'],
  ['status'],
  ['models'],
  ['usage'],
  ['ask', 'Why is the sky blue?'],
  ['refresh'],
  ['logout'],
  ['status'],
]

/** The commands of this very program, one after the other, against an emulator in this process and a folder that is removed afterwards. */
export const run: CommandRun = async (invocation) => {
  const emulator = createEmulator({ deviceIntervalSeconds: 1 })
  const home = await mkdtemp(join(tmpdir(), 'planpass-demo-'))
  const listener = await emulator.listen()
  try {
    const environment = {
      ...invocation.host.environment,
      PLANPASS_HOME: home,
      PLANPASS_ISSUER: listener.issuer,
      PLANPASS_BACKEND_URL: listener.backendUrl,
    }
    introduce(invocation, listener.issuer)
    const host = { ...invocation.host, environment, stderr: approving(invocation.host.stderr, emulator) }
    return await runSteps(host, invocation)
  } finally {
    await listener.close()
    await rm(home, { recursive: true, force: true })
  }
}

function introduce({ host }: Invocation, issuer: string): void {
  host.stderr.write(`An emulator of OpenAI's servers runs at ${issuer}; nothing leaves this machine.\n`)
}

async function runSteps(host: Host, { host: outer }: Invocation): Promise<number> {
  const style = createStyle(outer.stderr, outer.environment)
  for (const argv of steps) {
    outer.stderr.write(`\n${style.bold(`$ planpass ${argv.map(quote).join(' ')}`)}\n`)
    const exitCode = await runCommandLine(argv, host)
    const isLast = argv === steps.at(-1)
    if (exitCode !== (isLast ? exitCodes.notSignedIn : exitCodes.ok)) return exitCode
  }
  outer.stderr.write('\nThat was the whole way. With your own plan: npx planpass login\n')
  return exitCodes.ok
}

/** The person in the demo: reads the code off the screen and approves it. */
function approving(stderr: Output, emulator: Emulator): Output {
  const approve = (text: string) => {
    const plain = stripVTControlCharacters(text)
    for (const [userCode] of plain.matchAll(/\b[A-Z0-9]{4}-[A-Z0-9]{4,5}\b/g)) emulator.approve(userCode)
  }
  return {
    isTerminal: stderr.isTerminal,
    columns: stderr.columns,
    write: (text) => {
      stderr.write(text)
      approve(text)
    },
  }
}

function quote(word: string): string {
  return word.includes(' ') ? `"${word}"` : word
}

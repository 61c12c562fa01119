import { AuthError, toOneSafeLine } from '../../core/index.js'
import {
  createFileHostId,
  createFileRegistrations,
  homeFolder,
  openProfile,
  readProviderChoice,
  writeProviderChoice,
  type Profile,
} from '../../node/index.js'
import { receiveTransfer, transferSignIn, type ToldTransfer } from '../../siwc/index.js'
import type { CommandRun, Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { isShared } from '../shared-sign-in.js'
import { readTransferFile, removeTransferFile, writeTransferFile } from '../transfer-file.js'

/**
 * Moves a sign-in of "Sign in with ChatGPT" to another machine of the same person: out of this profile into a file, or out of the file into this
 * profile. It is a move and no copy, since two who refresh one sign-in end it.
 */
export const run: CommandRun = async (invocation) => {
  const [verb = '', file, ...rest] = invocation.arguments
  const move = moves[verb]
  if (move && file !== undefined && rest.length === 0) return move(invocation, file)
  throw new AuthError('ERR_CONFIG_USAGE', 'This takes `to FILE` or `from FILE`.')
}

const moves: Readonly<Record<string, (invocation: Invocation, file: string) => Promise<number>>> = { to, from }

async function to(invocation: Invocation, file: string): Promise<number> {
  const { host, options } = invocation
  const { name, folder, store } = open(invocation)
  const choice = readProviderChoice(folder)
  const appName = choice.provider === 'siwc' ? choice.appName : undefined
  await transferSignIn({
    store,
    registrations: createFileRegistrations(folder),
    appName,
    deliver: async (transfer) => {
      if (appName === undefined) throw unnamed()
      await writeTransferFile(file, transfer)
    },
  })
  if (options.isSet('json')) host.stdout.write(`${JSON.stringify({ profile: name, file })}\n`)
  else host.stderr.write(toWords(name, file))
  return exitCodes.ok
}

function toWords(name: string, file: string): string {
  return [
    `The sign-in of the profile \`${name}\` is in ${file} now, and nobody is signed in here any more.`,
    'Whoever has the file has the sign-in: move it over a safe channel (scp), and keep no copy. There:',
    '',
    `  planpass transfer from ${file}`,
    '',
  ].join('\n')
}

async function from(invocation: Invocation, file: string): Promise<number> {
  const { host, options } = invocation
  const profile = open(invocation)
  const { name, folder, store } = profile
  if (isShared(profile)) throw notForCodex()
  const transfer = await readTransferFile(file)
  const { email } = await receiveTransfer(transfer, {
    store,
    registrations: createFileRegistrations(folder),
    prepare: (told) => settleIn(invocation, folder, told),
  })
  const fileRemoved = await removeTransferFile(file)
  if (options.isSet('json')) {
    host.stdout.write(`${JSON.stringify({ profile: name, email: email ?? null, fileRemoved })}\n`)
    return exitCodes.ok
  }
  // Somebody wrote it into a file.
  const account = email === undefined ? 'an account without e-mail' : toOneSafeLine(email)
  host.stderr.write(`Signed in as ${account} in the profile \`${name}\`.\n`)
  host.stderr.write(fileRemoved ? `${file} is removed.\n` : `Remove ${file}: whoever has it has the sign-in.\n`)
  return exitCodes.ok
}

/** The profile goes on under the name the person knows the program by, and this machine under an id of its own. */
async function settleIn({ host }: Invocation, folder: string, { appName }: ToldTransfer): Promise<void> {
  if (!appName) {
    throw new AuthError('ERR_STORE_CORRUPT', 'The transfer does not say which program it is for.', {
      advice: 'Receive it in the program that is connected.',
    })
  }
  await createFileHostId(homeFolder(host.environment))()
  await writeProviderChoice(folder, { provider: 'siwc', appName })
}

/** A sign-in without a name is one that no profile takes. */
function unnamed(): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', 'The profile does not say which program is connected. Nothing was moved.', {
    advice: 'Say it with `planpass login --provider siwc --app-name NAME`, and transfer then.',
  })
}

/** The Codex CLI would send a token to where it must not go. */
function notForCodex(): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', 'Such a sign-in is not shared with the Codex CLI, as this profile is.', {
    advice: 'Use another --profile.',
  })
}

function open({ host, options }: Invocation): Profile {
  return openProfile({ profile: options.text('profile'), environment: { variables: host.environment } })
}

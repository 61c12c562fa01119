import { AuthError, revokeCredential, Secret, type Change, type Credential } from '../core/index.js'
import { createPersonalAccessTokenSession } from '../sources/index.js'
import { replaceFile } from '../stores/index.js'
import type { Invocation } from './command.js'
import { exitCodes } from './exit-codes.js'
import { openProfile, type Profile } from './open-profile.js'

/** A credential that is stored as it is given, in the words of `auth.json` (protocol 4.1, 10.4). */
interface GivenKey {
  readonly mode: 'apikey' | 'personalAccessToken'
  readonly document: object
  readonly inWords: string
}

/** Reads a key or a token from stdin, never from the arguments, and stores it in place of whatever may be replaced. */
export async function storeKey(invocation: Invocation): Promise<number> {
  const { host, options } = invocation
  const profile = openProfile(invocation)
  requireFile(profile)
  const text = await readKey(invocation)
  const given = options.isSet('with-api-key') ? toApiKey(text) : await toAccessToken(text, invocation, profile)
  const replaced = await replace(profile, given, options.isSet('switch-account'))
  if (replaced?.mode === 'chatgpt') await revokeCredential(replaced, profile)
  if (options.isSet('json')) host.stdout.write(`${JSON.stringify({ event: 'stored', mode: given.mode })}\n`)
  else host.stderr.write(`${given.inWords}\n`)
  return exitCodes.ok
}

/** The file is what other programs find; a key in a keyring would be found by none. */
function requireFile({ storage }: Profile): void {
  if (storage.storage === 'file') return
  throw new AuthError('ERR_CONFIG_USAGE', 'A key is kept in a file only, and this profile is kept elsewhere.', {
    advice: 'Use another --profile for it.',
  })
}

async function readKey({ host }: Invocation): Promise<string> {
  const text = host.stdin.isTerminal ? '' : (await host.stdin.readAll()).trim()
  if (/^[\x21-\x7e]+$/.test(text)) return text
  throw new AuthError('ERR_CONFIG_USAGE', 'There is no key on stdin.', {
    advice: 'Pipe it in, such as `pass show openai | planpass login --with-api-key`.',
  })
}

function toApiKey(text: string): GivenKey {
  return {
    mode: 'apikey',
    document: { auth_mode: 'apikey', OPENAI_API_KEY: text },
    inWords:
      'Stored the API key for programs that run on this profile, such as Codex. planpass itself uses plans only.',
  }
}

/** Without `auth_mode`, as the Codex client writes it (protocol 4.1). The issuer is asked first whose it is. */
async function toAccessToken(text: string, { options }: Invocation, profile: Profile): Promise<GivenKey> {
  const { provider, identity, fetch } = profile
  const session = createPersonalAccessTokenSession({ token: new Secret(text), provider, identity, fetch })
  const { accountId, email } = await session.owner()
  const workspace = options.text('workspace')
  if (workspace !== undefined && accountId !== workspace) {
    throw new AuthError('ERR_SIGN_IN_WRONG_ACCOUNT', `The token is not for workspace ${workspace}. Nothing was stored.`)
  }
  const who = email ?? 'an account without e-mail'
  const document = { personal_access_token: text }
  return { mode: 'personalAccessToken', document, inWords: `Signed in as ${who}, with a personal access token.` }
}

/** Under the store's lock, so that no refresh that is under way writes over it. */
function replace({ store, authFile }: Profile, { document }: GivenKey, maySwitch: boolean) {
  return store.update(async (current): Promise<Change<Credential | undefined>> => {
    if (current && !maySwitch) {
      throw new AuthError('ERR_CONFIG_USAGE', 'The profile holds a sign-in or a key already. Nothing was replaced.', {
        advice: 'Use --switch-account to replace it, or another --profile to keep both.',
      })
    }
    await replaceFile(authFile, JSON.stringify(document, undefined, 2))
    return { keep: true, result: current }
  })
}

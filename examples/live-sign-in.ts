// Signs in at OpenAI for real, in a home of its own that is deleted at the end, and says what it finds on the way.
//
//   npm run build && node examples/live-sign-in.ts --interactive     (with a Node that runs TypeScript, 22.18 or newer)
//
// Without --interactive it asks nobody: it uses the sign-in that is there, or says SKIPPED.
//   --browser, --device      one door only; default: what makes sense here
//   --no-browser             print the address instead of opening it
//   --callback-port N        where the browser comes back to; default 1455, else 1457
//   --app-server-memory      sign `codex app-server` in from the memory of this program; needs Codex on the PATH
//   --keep-home              do not delete the home
//   --use-real-home          your own profile, which is never deleted
// PLANPASS_EXAMPLE_HOME=/path is a home to come back to, and is never deleted either.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { isAuthError, type Session } from 'planpass'
import { openSession, signIn, type SignInOptions } from 'planpass/node'

interface Home {
  readonly variables: Readonly<Record<string, string | undefined>>
  /** Whether it is this run's alone, and so is its sign-in. */
  readonly isTemporary: boolean
  readonly folder?: string
}

const options = {
  interactive: { type: 'boolean' },
  browser: { type: 'boolean' },
  device: { type: 'boolean' },
  'no-browser': { type: 'boolean' },
  'callback-port': { type: 'string' },
  'app-server-memory': { type: 'boolean' },
  'keep-home': { type: 'boolean' },
  'use-real-home': { type: 'boolean' },
} as const
const { values: switches, positionals } = parseArgs({ strict: false, options })

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

try {
  await main()
} catch (error) {
  const why = isAuthError(error) ? `${error.code}: ${error.message}` : String(error)
  say(stop.signal.aborted ? 'cancelled' : `failed: ${why}`)
  process.exitCode = stop.signal.aborted ? 130 : 1
}

async function main(): Promise<void> {
  const unknown = Object.keys(switches).filter((name) => !Object.hasOwn(options, name))
  for (const word of [...positionals, ...unknown.map((name) => `--${name}`)]) say(`ignored: ${word}`)
  const callbackPort = readPort(switches['callback-port'])
  const home = await openHome()
  try {
    await visit(home, callbackPort)
  } finally {
    await leave(home)
  }
}

async function visit({ variables }: Home, callbackPort: number | undefined): Promise<void> {
  const session = openSession({ environment: { variables } })
  const status = await session.status()
  say(`status: ${status.state}${status.email === undefined ? '' : `, ${status.email}`} (${status.store})`)
  if (!status.signedIn) {
    if (!switches.interactive) return say('SKIPPED: no sign-in was found. To sign in, run this with --interactive.')
    const { flow, email, planType, storage } = await signIn(toSignInOptions(variables, callbackPort))
    say(`signed in: ${email} (${planType}), by ${flow}, kept in: ${storage}`)
  }
  await refresh(session)
  if (switches['app-server-memory']) await tellAppServer(session, variables)
}

function toSignInOptions(variables: Home['variables'], callbackPort: number | undefined): SignInOptions {
  const isPrinted = Boolean(switches['no-browser'])
  return {
    environment: { variables },
    interactive: true,
    flow: switches.device ? 'device' : switches.browser || isPrinted ? 'browser' : 'auto',
    callbackPort,
    signal: stop.signal,
    ...(isPrinted && { openBrowser: async () => ({ isOpened: false, reason: 'it was not asked for' }) }),
    screen: {
      showBrowserUrl: ({ url, isOpened }) => say(`${isOpened ? 'opened' : 'open'}: ${url.href}`),
      showDeviceCode: ({ verificationUrl, userCode }) => say(`open: ${verificationUrl}\nenter: ${userCode}`),
    },
  }
}

async function refresh(session: Session): Promise<void> {
  try {
    const { expiresAtMs } = await session.refresh({ signal: stop.signal })
    say(`refresh: good until ${expiresAtMs === undefined ? 'its end' : new Date(expiresAtMs).toISOString()}`)
  } catch (error) {
    if (!isAuthError(error)) throw error
    say(`refresh: skipped (${error.code})`)
  }
}

/** The child gets access tokens from here, and writes none of them. */
async function tellAppServer(session: Session, environment: Home['variables']): Promise<void> {
  try {
    const { connectAppServer } = await import('planpass/app-server')
    const server = await connectAppServer({
      transport: { kind: 'stdio' },
      client: { name: 'planpass-example', version: '1.0.0' },
      cwd: process.cwd(),
      environment,
      experimentalApi: true,
      oauth: { storage: 'memory', session },
      signal: stop.signal,
    })
    try {
      const { account } = await server.account.read()
      say(`app-server: signed in with ${account?.type ?? 'nothing'}`)
    } finally {
      await server.close()
    }
  } catch (error) {
    if (!isAuthError(error)) throw error
    say(`app-server: skipped (${error.code}: ${error.summary})`)
  }
}

async function openHome(): Promise<Home> {
  if (switches['use-real-home']) return { variables: process.env, isTemporary: false }
  const named = process.env['PLANPASS_EXAMPLE_HOME']
  const folder = named ? resolve(named) : await mkdtemp(join(tmpdir(), 'planpass-example-'))
  const own = { PLANPASS_HOME: folder, CODEX_HOME: folder, HOME: folder, USERPROFILE: folder }
  return { variables: { ...process.env, ...own }, isTemporary: !named && !switches['keep-home'], folder }
}

/** A sign-in that nobody can come back to is ended at the server, too. */
async function leave({ isTemporary, folder, variables }: Home): Promise<void> {
  if (folder === undefined) return
  if (!isTemporary) return say(`home: ${folder}`)
  try {
    await openSession({ environment: { variables } }).signOut()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function readPort(text: unknown): number | undefined {
  if (text === undefined) return undefined
  const port = Number(text)
  if (typeof text === 'string' && /^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw new TypeError('--callback-port is no port: use a number from 0 to 65535.')
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

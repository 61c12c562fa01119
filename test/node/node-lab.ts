import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Fetch } from '../../src/core/index.js'
import { signIn, type SignedIn, type SignInOptions, type TargetEnvironment } from '../../src/node/index.js'
import { createEmulator, defaultAccount, type EmulatedAccount, type Emulator } from '../../src/testing/index.js'
import type { AuthDocument } from '../support/auth-document.js'
import { createHurryingClock } from '../support/hurrying-clock.js'
import { signingKey } from '../support/signing-key.js'
import { temporaryFolder } from '../support/temporary-folder.js'

/** A program on a machine of its own, before an emulator. */
export interface NodeLab {
  readonly emulator: Emulator
  readonly clock: Clock
  /** `PLANPASS_HOME`; not there before something is written to it. */
  readonly home: string
  readonly codexHome: string
  readonly environment: { readonly variables: Readonly<Record<string, string>> }
  /** What every call takes, but for the screen. */
  readonly common: { readonly environment: TargetEnvironment; readonly fetch: Fetch; readonly clock: Clock }
  /** Signs in with a device code that is approved as soon as it is shown. */
  readonly signIn: (options?: Partial<SignInOptions> & { readonly account?: EmulatedAccount }) => Promise<SignedIn>
  /** The names of all files below the home, without locks. */
  readonly files: () => Promise<readonly string[]>
}

export async function nodeLab(variables: Readonly<Record<string, string>> = {}): Promise<NodeLab> {
  const folder = await temporaryFolder()
  const [home, codexHome] = [join(folder, 'home'), join(folder, 'codex')]
  const clock = createHurryingClock()
  const emulator = createEmulator({ clock, signingKey })
  const place = { PLANPASS_HOME: home, CODEX_HOME: codexHome }
  const services = { PLANPASS_ISSUER: emulator.issuer, PLANPASS_BACKEND_URL: emulator.backendUrl }
  const environment = { variables: { ...place, ...services, ...variables } }
  const common = { environment, fetch: emulator.fetch, clock }
  return {
    emulator,
    clock,
    home,
    codexHome,
    environment,
    common,
    signIn: ({ account, ...options } = {}) => {
      const screen = {
        showDeviceCode: ({ userCode }: { userCode: string }) => void emulator.approve(userCode, account),
      }
      return signIn({ ...common, flow: 'device', screen, ...options })
    },
    files: async () => (await filesBelow(home)).filter((name) => !name.endsWith('.lock')).toSorted(),
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  try {
    return await readdir(folder, { recursive: true })
  } catch {
    return []
  }
}

/** A screen on which nobody may be asked for anything. */
export const nobody: SignInOptions['screen'] = {
  showDeviceCode: () => {
    throw new Error('Nobody should have been asked.')
  },
}

/** Somebody else than who signs in when nobody is named. */
export const bob = { ...defaultAccount, email: 'bob@example.test', userId: 'user-bob', accountId: 'account-bob' }

export async function readAuth(path: string): Promise<AuthDocument> {
  return JSON.parse(await readFile(path, 'utf8')) as AuthDocument
}

/** What has become of all sign-ins at the server, in their order. */
export function states({ emulator }: Pick<NodeLab, 'emulator'>): string[] {
  return emulator.sessions.map(({ state }) => state)
}

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmulatorListener, type IssuedTokens, writeCaFile } from '../../src/testing/index.js'

/** `auth.json` as far as the tests look into it (protocol 4). */
export interface AuthFile {
  readonly auth_mode?: string
  readonly OPENAI_API_KEY?: string | null
  readonly tokens?: {
    readonly id_token: string
    readonly access_token: string
    readonly refresh_token: string
    readonly account_id?: string
    readonly oauth_provenance?: { readonly issuer: string; readonly client_id: string }
  }
  readonly last_refresh?: string
}

/** Folders of its own for one codex: what it keeps, what it takes for the person's home, and where it works. */
export interface CodexHome {
  readonly codexHome: string
  readonly homeFolder: string
  readonly workFolder: string
  readonly emptyFolder: string
  readonly caFile: string
  /** The proxy everything that is not loopback has to ask. */
  readonly wayOut: string
  /** `undefined` when nobody is signed in. */
  readAuth(): Promise<AuthFile | undefined>
  /** A setting of the top level, before all that is set already: that keeps codex from looking for plugins elsewhere. */
  configure(line: string): Promise<void>
  /** Signs in without a login, as the file a login leaves behind. */
  writeAuth(tokens: IssuedTokens): Promise<void>
  remove(): Promise<void>
}

export async function createCodexHome(emulator: EmulatorListener, wayOut: string): Promise<CodexHome> {
  const root = await mkdtemp(join(tmpdir(), 'planpass-codex-'))
  const folder = async (name: string) => {
    const path = join(root, name)
    await mkdir(path)
    return path
  }
  const codexHome = await folder('codex-home')
  const authFile = join(codexHome, 'auth.json')
  const caFile = join(root, 'ca.pem')
  if (emulator.tls !== undefined) await writeCaFile(caFile, emulator.tls.caPem)
  const configFile = join(codexHome, 'config.toml')
  await writeFile(configFile, codexConfig(emulator))
  return {
    codexHome,
    homeFolder: await folder('home'),
    workFolder: await folder('work'),
    emptyFolder: await folder('empty'),
    caFile,
    wayOut,
    readAuth: () => readAuthFile(authFile),
    configure: async (line) => writeFile(configFile, `${line}\n${await readFile(configFile, 'utf8')}`),
    writeAuth: (tokens) => writeFile(authFile, JSON.stringify(toAuthFile(tokens, emulator.issuer)), { mode: 0o600 }),
    remove: () => rm(root, { recursive: true, force: true }),
  }
}

/** Config B of real-codex 2: the backend has to be https. */
function codexConfig({ tls }: EmulatorListener): string {
  if (tls === undefined) throw new TypeError('codex takes an https backend only: listen with tls.')
  return `
cli_auth_credentials_store = "file"
chatgpt_base_url = "${tls.backendUrl}"
openai_base_url = "${tls.backendUrl}/codex"

[analytics]
enabled = false

[features]
apps = false
plugins = false
`
}

async function readAuthFile(path: string): Promise<AuthFile | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as AuthFile
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** With its provenance, so that a refresh goes to the emulator without any override (real-codex 2). */
export function toAuthFile({ idToken, accessToken, refreshToken, account }: IssuedTokens, issuer: string): AuthFile {
  return {
    auth_mode: 'chatgpt',
    OPENAI_API_KEY: null,
    tokens: {
      id_token: idToken,
      access_token: accessToken,
      refresh_token: refreshToken,
      oauth_provenance: { issuer, client_id: 'app_EMoamEEZ73f0CkXaXp7hrann' },
      account_id: account.accountId,
    },
    last_refresh: new Date().toISOString(),
  }
}

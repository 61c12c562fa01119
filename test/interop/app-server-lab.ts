import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  connectAppServer,
  type AppServer,
  type AppServerOptions,
  type EnvironmentInput,
} from '../../src/app-server/index.js'
import { createCodexProvider, createMemoryStore, createSession, type Session } from '../../src/core/index.js'
import { parseChatgpt } from '../support/signed-in.js'
import { environmentFor, findCodexBinary } from './codex-binary.js'
import { toAuthFile } from './codex-home.js'
import type { CodexLab } from './codex-lab.js'

/** The options of a connection to the real binary in the lab's home, whose logins go to the emulator. */
export async function labOptions(
  { listener, home }: CodexLab,
  options: Partial<AppServerOptions> = {},
  environment: EnvironmentInput = {},
): Promise<AppServerOptions> {
  return {
    transport: { kind: 'stdio', command: await findCodexBinary() },
    client: { name: 'interop', version: '1.0' },
    cwd: home.workFolder,
    environment: {
      ...environmentFor({ emulator: listener, home, env: { CODEX_APP_SERVER_LOGIN_ISSUER: listener.issuer } }),
      ...environment,
    },
    experimentalApi: true,
    ...options,
  }
}

/** The real binary, closed with the lab. */
export async function connectLab(
  lab: CodexLab,
  options: Partial<AppServerOptions> = {},
  environment: EnvironmentInput = {},
): Promise<AppServer> {
  const server = await connectAppServer(await labOptions(lab, options, environment))
  lab.defer(() => server.close())
  return server
}

/** A session in the memory of the test, of an account of the lab's emulator. */
export async function sessionIn({ emulator, listener }: CodexLab): Promise<Session> {
  const file = toAuthFile(await emulator.issueTokens(), listener.issuer)
  const store = createMemoryStore(parseChatgpt(JSON.stringify(file)))
  return createSession({ store, provider: createCodexProvider({ issuer: listener.issuer }) })
}

/** Everything in the files below a folder, as one text. */
export async function readAllFiles(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('\n')
}

/** The command lines and the environments of all processes that may be looked at. */
export async function readCommandLines(): Promise<string> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const read = (path: string) => readFile(path, 'latin1').catch(() => '')
  const texts = processes.flatMap((id) => [read(`/proc/${id}/cmdline`), read(`/proc/${id}/environ`)])
  return (await Promise.all(texts)).join('\n')
}

/** The processes that were given the lab's `CODEX_HOME`, or those of them whose command line has this in it. */
export async function processesOf({ home }: CodexLab, command = ''): Promise<number[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const read = (path: string) => readFile(path, 'latin1').catch(() => '')
  const belongs = await Promise.all(
    ids.map(async (id) => {
      const environment = await read(`/proc/${id}/environ`)
      const isOurs = environment.split('\0').includes(`CODEX_HOME=${home.codexHome}`)
      return isOurs && (await read(`/proc/${id}/cmdline`)).includes(command)
    }),
  )
  return ids.filter((_id, index) => belongs[index]).map(Number)
}

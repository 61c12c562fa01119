import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import {
  connectAppServer,
  type AppServer,
  type AppServerOptions,
  type EnvironmentInput,
} from '../../src/app-server/index.js'
import { createCodexProvider, createMemoryStore, createSession, type Session } from '../../src/core/index.js'
import { credentialFrom } from '../support/signed-in.js'
import { environmentFor, findCodexBinary } from './codex-binary.js'
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

/** The real binary, closed when the test is over. */
export async function connectLab(
  lab: CodexLab,
  options: Partial<AppServerOptions> = {},
  environment: EnvironmentInput = {},
): Promise<AppServer> {
  const server = await connectAppServer(await labOptions(lab, options, environment))
  onTestFinished(() => server.close())
  return server
}

/** A session in the memory of the test, of an account of the lab's emulator. */
export async function sessionIn({ emulator, listener }: CodexLab): Promise<Session> {
  const store = createMemoryStore(await credentialFrom(emulator))
  return createSession({ store, provider: createCodexProvider({ issuer: listener.issuer }) })
}

/** Everything in the files below a folder, as one text. */
export async function readAllFiles(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('\n')
}

import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { createAgent, type Agent, type AgentResult, type AwaitingUser } from '../../src/agent/index.js'
import type { Clock, Provider } from '../../src/core/index.js'
import { createFileCache, createFileStore, createFileVerdicts } from '../../src/stores/index.js'
import {
  createEmulator,
  createFakeClock,
  defaultAccount,
  type EmulatedAccount,
  type Emulator,
  type EmulatorOptions,
} from '../../src/testing/index.js'
import { createCanary, type Canary } from '../canary/canary.js'
import { providerOf } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'
import { temporaryFolder } from '../support/temporary-folder.js'

/** The other person who may sign in. */
export const grace: EmulatedAccount = {
  ...defaultAccount,
  email: 'grace@example.test',
  userId: 'user-emulated-2',
  accountId: 'account-emulated-2',
  planType: 'pro',
}

type OpenOptions = Partial<Parameters<typeof createAgent>[0]>

/** Stands still until a test moves it, unless the test brings another. */
interface LabClock extends Clock {
  advance(milliseconds: number): Promise<void>
}

/** An emulator on a clock that stands still, a profile of its own, and agents over it; every result is shown to a canary. */
export interface AgentLab {
  readonly agent: Agent
  readonly emulator: Emulator
  readonly provider: Provider
  readonly clock: LabClock
  readonly canary: Canary
  /** The profile's folder. */
  readonly folder: string
  readonly flowFile: string
  /** Another agent over the same profile, as another process has it. */
  readonly open: (options?: OpenOptions) => Agent
  /** How often the issuer was asked at an endpoint. */
  readonly count: (endpoint: string) => number
  /** Starts, approves, waits the interval and checks. */
  readonly signIn: (account?: EmulatedAccount) => Promise<void>
}

export async function createAgentLab(options: EmulatorOptions = {}): Promise<AgentLab> {
  const { clock: given } = options
  const clock = given ? { ...given, advance: (milliseconds: number) => given.sleep(milliseconds) } : createFakeClock()
  const emulator = createEmulator({ signingKey, accounts: [defaultAccount, grace], ...options, clock })
  const canary = createCanary()
  const provider = providerOf(emulator)
  const folder = join(await temporaryFolder(), 'profile')
  await mkdir(folder, { mode: 0o700 })

  const open = (more: OpenOptions = {}) =>
    showing(
      canary,
      createAgent({
        folder,
        store: createFileStore(join(folder, 'auth.json')),
        verdicts: createFileVerdicts(join(folder, 'cache')),
        cache: createFileCache(join(folder, 'cache')),
        provider,
        fetch: canary.hear(emulator.fetch),
        clock,
        logger: canary.logger,
        ...more,
      }),
    )
  const agent = open()

  return {
    agent,
    emulator,
    provider,
    clock,
    canary,
    folder,
    flowFile: join(folder, 'auth.sign-in.json'),
    open,
    count: (endpoint) => emulator.log.filter((entry) => entry.endpoint === endpoint).length,
    signIn: async (account) => {
      const { userCode } = expectAwaiting(await agent.start({ switchAccount: account !== undefined }))
      emulator.approve(userCode, account)
      await clock.advance(6000)
      expect(await agent.check()).toMatchObject({ status: 'signed_in' })
    },
  }
}

/** The same agent, whose results a canary looks at. */
function showing(canary: Canary, agent: Agent): Agent {
  const seen =
    <Options>(name: string, operation: (options?: Options) => Promise<AgentResult>) =>
    async (options?: Options) => {
      const result = await operation(options)
      canary.show(`the result of ${name}`, result)
      return result
    }
  return {
    ...agent,
    status: seen('status', agent.status),
    start: seen('start', agent.start),
    check: seen('check', agent.check),
    wait: seen('wait', agent.wait),
    cancel: seen('cancel', agent.cancel),
    signOut: seen('signOut', agent.signOut),
    models: seen('models', agent.models),
    usage: seen('usage', agent.usage),
    refresh: seen('refresh', agent.refresh),
  }
}

export function expectAwaiting(result: AgentResult): AwaitingUser {
  if (result.status !== 'awaiting_user') throw new Error(`This is no code to show: ${JSON.stringify(result)}`)
  return result
}

/** Every file below the folder with its text and mode. */
export async function readTree(
  folder: string,
): Promise<{ readonly path: string; readonly text: string; readonly mode: number }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(
    files.map(async (path) => ({
      path,
      text: await readFile(path, 'utf8'),
      mode: (await stat(path)).mode & 0o777,
    })),
  )
}

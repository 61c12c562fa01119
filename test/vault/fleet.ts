import { fork, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { createCodexProvider, systemClock, type ChatgptCredential } from '../../src/core/index.js'
import { createEmulator, type Emulator } from '../../src/testing/index.js'
import { parseChatgpt } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'
import type { PostgresConnection } from './postgres-server.mjs'
import { keyText, type VaultLab } from './vault-lab.js'

export interface FleetOptions {
  readonly machines: number
  readonly users: number
  /** How many users a machine has requests for at the same time. */
  readonly concurrency: number
  readonly deathRate?: number
  /** How far apart the clocks of the machines are, from the first to the last. */
  readonly skewMs?: number
  /** How long a token is left alone whose holder has died before it sent it. */
  readonly graceMs: number
  readonly connection: PostgresConnection
  /** What happens meanwhile, until the signal aborts. */
  readonly meanwhile?: (signal: AbortSignal) => Promise<void>
}

/**
 * All machines have requests for all users, whose access tokens have all ended. A machine that dies is replaced, and its replacement does what
 * it had to do.
 */
export async function assertOneRefreshAUser(
  lab: VaultLab,
  options: FleetOptions,
): Promise<{ readonly deaths: number }> {
  const { emulator, moveToNow } = createPastEmulator()
  const listener = await emulator.listen()
  const { issuer, backendUrl } = listener
  const users = Array.from({ length: options.users }, (_, index) => `user ${options.machines}.${issuer}.${index}`)
  try {
    await store(lab, emulator, issuer, users)
    moveToNow()
    const open = { keyText, issuer, backendUrl, ...options, leaseMs: 3000 }
    const result = await runFleet(open, options, users)
    expect(emulator.counters.refresh).toEqual({ ...none, ok: users.length })
    await assertSame(lab, users, result.tokens)
    await assertAlive(lab, emulator, { issuer, backendUrl }, users)
    return { deaths: result.deaths }
  } finally {
    await listener.close()
  }
}

const none = { ok: 0, reused: 0, expired: 0, revoked: 0, unknown: 0 }
const pastMs = 61 * 60_000

/** An issuer that hands out its first tokens an hour ago. */
function createPastEmulator(): { readonly emulator: Emulator; readonly moveToNow: () => void } {
  let behindMs = pastMs
  const clock = { ...systemClock, now: () => systemClock.now() - behindMs }
  const emulator = createEmulator({ reuse: 'strict', signingKey, clock, logLimit: 10 })
  return {
    emulator,
    moveToNow: () => {
      behindMs = 0
    },
  }
}

async function store(lab: VaultLab, emulator: Emulator, issuer: string, users: readonly string[]): Promise<void> {
  const vault = await lab.open()
  const storing = users.map(async (user) => {
    const write = await issue(emulator, issuer)
    await vault.store({ tenant: 'acme', user }).update(async () => ({ write, result: undefined }))
  })
  await Promise.all(storing)
}

async function issue(emulator: Emulator, issuer: string): Promise<ChatgptCredential> {
  const { idToken, accessToken, refreshToken, account } = await emulator.issueTokens(undefined, { issuer })
  const { clientId } = createCodexProvider({ issuer })
  return parseChatgpt(
    JSON.stringify({
      tokens: {
        id_token: idToken,
        access_token: accessToken,
        refresh_token: refreshToken,
        account_id: account.accountId,
        oauth_provenance: { issuer, client_id: clientId },
      },
    }),
  )
}

type Tokens = Readonly<Record<string, string>>

async function runFleet(open: object, options: FleetOptions, users: readonly string[]) {
  const { machines, skewMs = 0, deathRate = 0 } = options
  const over = new AbortController()
  let deaths = 0

  async function runMachine(index: number): Promise<Tokens> {
    const skew = machines === 1 ? 0 : (index / (machines - 1) - 0.5) * skewMs
    for (;;) {
      const tokens = await runOnce({ ...open, skewMs: skew, deathRate, meanwhile: undefined }, inOrder(users, index))
      if (tokens) return tokens
      deaths += 1
    }
  }

  const meanwhile = options.meanwhile?.(over.signal)
  const tokens = await Promise.all(Array.from({ length: machines }, (_, index) => runMachine(index)))
  over.abort()
  await meanwhile
  return { tokens, deaths }
}

/** All meet over the last users, which come first; then each two go their own way, and the others find what they left. */
function inOrder(users: readonly string[], index: number): string[] {
  const [meeting, rest] = [users.slice(-meetingUsers), users.slice(0, -meetingUsers)]
  const start = Math.floor((Math.floor(index / 2) * rest.length) / 4)
  return [...rest.slice(start), ...rest.slice(0, start), ...meeting]
}

const meetingUsers = 40

/** `undefined` when it died over it. */
async function runOnce(open: object, users: readonly string[]): Promise<Tokens | undefined> {
  const child = fork(join(import.meta.dirname, 'fleet-worker.mjs'), {
    env: {},
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit')
  try {
    const ready = await ask(child, ended, { open })
    const answer = ready === undefined ? undefined : await ask(child, ended, { users })
    return (answer as { readonly tokens: Tokens } | undefined)?.tokens
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}

async function ask(child: ChildProcess, ended: Promise<unknown>, message: object): Promise<unknown> {
  const answered = once(child, 'message')
  child.send(message, () => undefined)
  const [answer] = (await Promise.race([answered, ended.then(() => [undefined])])) as [unknown]
  return answer
}

/** Every machine goes on with the token that is stored. */
async function assertSame(lab: VaultLab, users: readonly string[], seen: readonly Tokens[]): Promise<void> {
  const vault = await lab.open()
  const stored = await Promise.all(
    users.map(async (user) => {
      const credential = await vault.store({ tenant: 'acme', user }).read()
      const token = credential?.mode === 'chatgpt' ? credential.accessToken.reveal() : ''
      return [user, createHash('sha256').update(token).digest('hex').slice(0, 16)] as const
    }),
  )
  const expected = Object.fromEntries(stored)
  for (const tokens of seen) expect(tokens).toEqual(expected)
}

/** None is lost: each stored refresh token is good for one more refresh. */
async function assertAlive(
  lab: VaultLab,
  emulator: Emulator,
  place: { readonly issuer: string; readonly backendUrl: string },
  users: readonly string[],
): Promise<void> {
  const vault = await lab.open({ provider: createCodexProvider(place) })
  await Promise.all(users.map((user) => vault.session({ tenant: 'acme', user }).refresh()))
  expect(emulator.counters.refresh).toEqual({ ...none, ok: 2 * users.length })
}

/** Does `work` every so often. */
export async function repeat(everyMs: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await sleep(everyMs, undefined, { signal }).catch(() => {})
    if (!signal.aborted) await work()
  }
}

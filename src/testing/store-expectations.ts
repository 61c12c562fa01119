import { parseAuthFile, serializeAuthFile } from '../core/index.js'
import type { ChatgptCredential, Credential } from '../core/index.js'
import { sampleAuthText } from './sample-auth-text.js'

export function sample(mark: string): ChatgptCredential {
  return chatgpt(parseAuthFile(sampleAuthText(mark)))
}

/** What `sample` was made with. */
export function markOf(credential: Credential | undefined): string {
  return chatgpt(credential).accountId ?? ''
}

export function damaged(): string {
  return sampleAuthText('damaged').slice(0, -20)
}

export function chatgpt(credential: Credential | undefined): ChatgptCredential {
  if (credential?.mode === 'chatgpt') return credential
  throw new Error(`A ChatGPT credential was expected; there is ${credential?.mode ?? 'none'}.`)
}

/** The same to everybody who reads it; how a store lays out its document is its own business. */
export function expectSame(actual: Credential | undefined, expected: ChatgptCredential): void {
  const isSame = serializeAuthFile(chatgpt(actual)) === serializeAuthFile(expected)
  expectTrue(isSame, `the credential of "${markOf(expected)}", not that of "${markOf(actual)}"`)
}

export function expectEqual<Value>(actual: Value, expected: Value, what: string): void {
  if (!Object.is(actual, expected)) throw new Error(`${what}: expected ${String(expected)}, got ${String(actual)}`)
}

export function expectTrue(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(`expected ${what}`)
}

export async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    return error
  }
  throw new Error('a failure was expected, and nothing was thrown')
}

export async function unreachable(): Promise<never> {
  throw new Error('the change ran, and it must not')
}

/** A promise, and what resolves it. */
export function gate(): [opened: Promise<void>, open: () => void] {
  const opener = new AbortController()
  const opened = new Promise<void>((resolve) => {
    opener.signal.addEventListener('abort', () => resolve())
  })
  return [opened, () => opener.abort()]
}

/** Long enough for everything that is ready to run to have run. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}

/** The limit of what should be immediate; a store that waits for its lock may look for it now and then. */
export function afterPatience<Value>(value: Value): Promise<Value> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(value), 1000).unref()
  })
}

import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AuthError, codeOf } from '../core/index.js'
import { replaceFile, withLockedFile } from '../stores/index.js'
import { parseFlow, serializeFlow, type SignInFlow } from './sign-in-flow.js'

/** What lies in the file; `damaged` when something does that nobody can read. */
export type KeptFlow = SignInFlow | 'damaged' | undefined

/** The one sign-in of a profile that may be under way. In the profile's folder, 0600: an agent's workspace is elsewhere. */
export interface FlowFile {
  read(): Promise<KeptFlow>
  /** Holds the file's lock while `change` runs; what it writes is durable before it goes on. */
  update<Result>(change: (flow: KeptFlow, write: WriteFlow) => Promise<Result>): Promise<Result>
}

/** `undefined` takes the file away. */
export type WriteFlow = (flow: SignInFlow | undefined) => Promise<void>

/** @param issuer A flow of another issuer is none of ours: its code must not be shown to this one. */
export function createFlowFile(folder: string, issuer: string): FlowFile {
  const path = join(folder, 'auth.sign-in.json')

  async function read(): Promise<KeptFlow> {
    const text = await readIfThere(path)
    if (text === undefined) return undefined
    const flow = parseFlow(text)
    if (!flow) return 'damaged'
    return flow.issuer === issuer ? flow : undefined
  }

  const write: WriteFlow = (flow) => (flow ? replaceFile(path, serializeFlow(flow)) : rm(path, { force: true }))

  return {
    read,
    update: (change) => withLockedFile(path, {}, undefined, async () => change(await read(), write)),
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && ['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined
    throw new AuthError('ERR_STORE_READ', 'The sign-in under way cannot be read.', { cause: error })
  }
}

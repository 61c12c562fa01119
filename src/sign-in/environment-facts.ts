import { access } from 'node:fs/promises'
import { release } from 'node:os'

/** The variables of the process that a sign-in is for. */
export type Variables = Readonly<Record<string, string | undefined>>

/** What is known of the machine and of the process that a sign-in is for. */
export interface HostFacts {
  /** As in `process.platform`. */
  readonly platform: string
  readonly variables: Variables
  /** Whether somebody can read what is written and answer it. */
  readonly isTerminal: boolean
  /** As in `uname -r`. */
  readonly kernelRelease?: string
  /** Those of `markerFiles` that are there. */
  readonly files?: readonly string[]
}

/** Files that are there in a container or in WSL, and nowhere else. Newer releases of WSL register their interpreter late. */
export const markerFiles = [
  '/.dockerenv',
  '/run/.containerenv',
  '/proc/sys/fs/binfmt_misc/WSLInterop',
  '/proc/sys/fs/binfmt_misc/WSLInterop-late',
] as const

/** What only the host knows of itself. */
export interface HostFactsOptions extends Pick<HostFacts, 'variables' | 'isTerminal'> {
  readonly platform?: string
  /** Whether a file is there; default: looks at the disk. */
  readonly isThere?: (path: string) => Promise<boolean>
}

/** Looks at the machine for what `detectSignInEnvironment` judges. Reads nothing but the names of a few files. */
export async function readHostFacts(options: HostFactsOptions): Promise<HostFacts> {
  const { variables, isTerminal, platform = process.platform, isThere = isOnDisk } = options
  const facts = { platform, variables, isTerminal, kernelRelease: release() }
  if (platform !== 'linux') return facts
  const found = await Promise.all(markerFiles.map(async (path) => ((await isThere(path)) ? [path] : [])))
  return { ...facts, files: found.flat() }
}

async function isOnDisk(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

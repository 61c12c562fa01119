import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { temporaryFolder } from '../support/temporary-folder.js'
import type { StartOptions } from '../processes/workers.js'

/** Mounts $0 on $1 with the options $2, where nobody outside sees it, and runs the rest. */
const mountAndRun = 'mount --bind -o "$2" "$0" "$1" && shift 2 && exec "$@"'

export interface Container {
  /** What `path` is called inside. */
  readonly path: string
  readonly options: StartOptions
}

/** A program in a mount namespace of its own, as container runtimes make it; with `pid`, also with processes of its own, and so as pid 1. */
function launcherFor(source: string, mountPoint: string, options: { pid: boolean; mount: 'rw' | 'ro' }): StartOptions {
  const namespaces = options.pid ? ['--pid', '--fork', '--kill-child', '--mount-proc'] : []
  return {
    launcher: [
      '/usr/bin/unshare',
      '--mount',
      ...namespaces,
      '/bin/sh',
      '-c',
      mountAndRun,
      source,
      mountPoint,
      options.mount,
    ],
  }
}

/** A container that has the folder of `path` as a volume, under another name. */
export async function withVolume(path: string): Promise<Container> {
  const mountPoint = join(await temporaryFolder(), 'volume')
  await mkdir(mountPoint)
  return {
    path: join(mountPoint, basename(path)),
    options: launcherFor(dirname(path), mountPoint, { pid: true, mount: 'rw' }),
  }
}

/** A container that has the one file mounted, in a folder of its own. */
export async function withMountedFile(path: string, { pid = true, isReadOnly = false } = {}): Promise<Container> {
  const mountPoint = join(await temporaryFolder(), 'auth.json')
  await writeFile(mountPoint, '')
  return { path: mountPoint, options: launcherFor(path, mountPoint, { pid, mount: isReadOnly ? 'ro' : 'rw' }) }
}

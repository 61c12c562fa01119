import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

/** A D-Bus session of the test's own, and a gnome-keyring on it when asked for. Nothing of this machine's session is touched. */
export interface SecretService {
  /** The whole environment of a process in that session. */
  readonly environment: Readonly<Record<string, string>>
  readonly folder: string
  /** A daemon that was unlocked with a password on its stdin, as a login does. */
  startKeyring(): Promise<void>
  lockKeyring(): Promise<void>
  /** Stops the daemon where it is: its name stays on the bus, and it answers nobody. */
  freezeKeyring(): void
}

/** No folders of services: what a test did not start is not there. */
const busConfiguration = (folder: string, policy: string) => `<!DOCTYPE busconfig
  PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=${join(folder, 'bus')}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow own="*"/>${policy}</policy>
</busconfig>`

const everything = '<allow send_destination="*"/><allow receive_sender="*"/>'
/** Connections are taken, and nobody is ever answered. */
const nothing = '<allow send_destination="*"/><deny receive_sender="*"/>'

export interface SecretServiceOptions {
  readonly isBusMute?: boolean
}

export async function withSecretService(
  body: (service: SecretService) => Promise<void>,
  { isBusMute = false }: SecretServiceOptions = {},
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'planpass-bus-'))
  const children: ChildProcess[] = []
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    XDG_RUNTIME_DIR: folder,
    XDG_DATA_HOME: join(folder, 'data'),
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(folder, 'bus')}`,
  }
  const start = async (command: string, args: readonly string[]): Promise<ChildProcess> => {
    const child = spawn(command, args, { env: environment, stdio: ['pipe', 'pipe', 'ignore'] })
    await once(child, 'spawn').catch(explainMissing(command))
    children.push(child)
    return child
  }
  const gdbus = (...args: string[]) =>
    promisify(execFile)('gdbus', args, { env: environment }).catch(explainMissing('gdbus'))

  try {
    await writeFile(join(folder, 'bus.conf'), busConfiguration(folder, isBusMute ? nothing : everything))
    const bus = await start('dbus-daemon', [`--config-file=${join(folder, 'bus.conf')}`, '--nofork', '--print-address'])
    await firstLine(bus)
    let keyring: ChildProcess | undefined
    await body({
      environment,
      folder,
      async startKeyring() {
        keyring = await start('gnome-keyring-daemon', ['--foreground', '--unlock', '--components=secrets'])
        keyring.stdin?.end('a password')
        await gdbus('wait', '--session', '--timeout', '20', 'org.freedesktop.secrets')
      },
      async lockKeyring() {
        const collection = "[objectpath '/org/freedesktop/secrets/collection/login']"
        const method = ['--object-path', '/org/freedesktop/secrets', '--method', 'org.freedesktop.Secret.Service.Lock']
        await gdbus('call', '--session', '--dest', 'org.freedesktop.secrets', ...method, collection)
      },
      freezeKeyring: () => void keyring?.kill('SIGSTOP'),
    })
  } finally {
    for (const child of children.toReversed()) await end(child)
    await rm(folder, { recursive: true, force: true })
  }
}

async function firstLine(child: ChildProcess): Promise<void> {
  if (!child.stdout) return
  const lines = createInterface(child.stdout)
  await once(lines, 'line')
  lines.close()
}

/** SIGKILL, because a frozen process takes no other. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

function explainMissing(command: string): (cause: unknown) => never {
  return (cause) => {
    const isMissing = cause instanceof Error && Reflect.get(cause, 'code') === 'ENOENT'
    const advice = 'Install it: apt-get install dbus-daemon gnome-keyring libglib2.0-bin'
    throw isMissing ? new Error(`${command} is missing. ${advice}`, { cause }) : cause
  }
}

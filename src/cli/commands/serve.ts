import { AuthError, readString } from '../../core/index.js'
import type { CommandRun, Invocation } from '../command.js'
import { assertGeneralAccessAllowed } from '../../siwc/index.js'
import { exitCodes } from '../exit-codes.js'
import { toIsoTime } from '../format-time.js'
import { openStore } from '../open-store.js'
import { askForLink } from '../serve/ask-for-link.js'
import type { Announcement } from '../serve/detach.js'
import { gatewayFolder, logFileOf } from '../serve/gateway-folder.js'
import { readInstances, stopInstance } from '../serve/instance.js'
import { readGuests, readListenOptions } from '../serve/listen-options.js'

/** Runs a gateway, or looks after those that run. */
export const run: CommandRun = async (invocation) => {
  const [verb, ...rest] = invocation.arguments
  const action = verb === undefined ? start : actions[verb]
  if (action && rest.length === 0) return action(invocation)
  throw new AuthError('ERR_CONFIG_USAGE', `This takes nothing, or one of ${Object.keys(actions).join(', ')}.`)
}

const actions: Readonly<Record<string, CommandRun>> = { status, stop, logs, link, install }

async function start(invocation: Invocation): Promise<number> {
  requireGeneralAccess(invocation)
  if (invocation.options.isSet('detach')) return startInBackground(invocation)
  const { runGateway } = await import('../serve/run-gateway.js')
  return runGateway(invocation)
}

/** Said here, to the person who starts it, and not to the programs that ask later. */
function requireGeneralAccess(invocation: Invocation): void {
  assertGeneralAccessAllowed(openStore(invocation).provider)
}

async function startInBackground(invocation: Invocation): Promise<number> {
  const { host, options } = invocation
  const { startDetached } = await import('../serve/detach.js')
  const announcement = await startDetached(invocation)
  if (options.isSet('json'))
    host.stdout.write(
      Object.values(announcement)
        .map((event) => `${JSON.stringify(event)}\n`)
        .join(''),
    )
  else tell(invocation, announcement)
  return exitCodes.ok
}

function tell({ host }: Invocation, { listening, console }: Announcement): void {
  const [url, key] = ['url', 'key'].map((member) => readString(listening, member))
  const page = readString(console, 'link')
  host.stdout.write(`export OPENAI_BASE_URL=${url}\n${key === undefined ? '' : `export OPENAI_API_KEY=${key}\n`}`)
  host.stderr.write(`The gateway runs in the background; \`planpass serve stop\` ends it.\n`)
  if (page !== undefined) host.stderr.write(`Open the console with this link; it is good once:\n\n${page}\n`)
}

async function status({ host, options }: Invocation): Promise<number> {
  const instances = await readInstances(gatewayFolder(host.environment))
  if (options.isSet('json')) {
    const running = instances.map(({ pid, origin, startedAtMs }) => {
      return { pid, url: `${origin}/v1`, startedAt: toIsoTime(startedAtMs) }
    })
    host.stdout.write(`${JSON.stringify({ running })}\n`)
    return exitCodes.ok
  }
  for (const { pid, origin, startedAtMs } of instances) {
    host.stdout.write(`${origin}/v1  process ${pid}, since ${toIsoTime(startedAtMs)}\n`)
  }
  if (instances.length === 0) host.stderr.write('No gateway runs.\n')
  return exitCodes.ok
}

async function stop({ host, options }: Invocation): Promise<number> {
  const instances = await readInstances(gatewayFolder(host.environment))
  await Promise.all(instances.map((instance) => stopInstance(instance, host.clock, host.interrupted)))
  if (options.isSet('json')) host.stdout.write(`${JSON.stringify({ stopped: instances.map(({ pid }) => pid) })}\n`)
  else host.stderr.write(instances.length > 0 ? 'Stopped.\n' : 'No gateway runs.\n')
  return exitCodes.ok
}

const lastLines = 100

async function logs({ host }: Invocation): Promise<number> {
  const { readFile } = await import('node:fs/promises')
  const text = await readFile(logFileOf(host.environment), 'utf8').catch(() => '')
  const lines = text.split('\n').filter(Boolean).slice(-lastLines)
  host.stdout.write(lines.map((line) => `${line}\n`).join(''))
  if (lines.length === 0) host.stderr.write('Nothing has been written there yet.\n')
  return exitCodes.ok
}

/** A new link to the console of the gateway that runs longest. */
async function link({ host, options }: Invocation): Promise<number> {
  const [instance] = await readInstances(gatewayFolder(host.environment))
  if (!instance)
    throw new AuthError('ERR_CONFIG_USAGE', 'No gateway runs.', { advice: 'Start one with `planpass serve`.' })
  const page = await askForLink(instance, host.interrupted)
  host.stdout.write(options.isSet('json') ? `${JSON.stringify({ console: page })}\n` : `${page}\n`)
  return exitCodes.ok
}

/** What would not start is not printed. Nothing is written: where it goes, and whether, is the person's choice. */
async function install(invocation: Invocation): Promise<number> {
  const { host } = invocation
  requireGeneralAccess(invocation)
  const { toLaunchdAgent, toService, toSystemdUnit } = await import('../serve/service-unit.js')
  readGuests(invocation.options, await readListenOptions(invocation.options))
  const service = toService(invocation)
  const isMac = process.platform === 'darwin'
  host.stdout.write(isMac ? toLaunchdAgent(service) : toSystemdUnit(service))
  host.stderr.write(isMac ? macWords : linuxWords)
  for (const name of service.leftOut) host.stderr.write(`${name} holds a password and was left out.\n`)
  return exitCodes.ok
}

const linuxWords = `
Put this into ~/.config/systemd/user/planpass.service, then:
  planpass keys add NAME
  systemctl --user daemon-reload && systemctl --user enable --now planpass
`

const macWords = `
Put this into ~/Library/LaunchAgents/planpass.gateway.plist, then:
  planpass keys add NAME
  launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/planpass.gateway.plist
`

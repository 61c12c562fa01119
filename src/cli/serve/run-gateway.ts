import type { Secret } from '../../core/index.js'
import {
  createApiKey,
  createKeyFolder,
  createKeyRing,
  digestKey,
  listenGateway,
  openTokenLedger,
  type ConsoleOptions,
  type GatewayListener,
  type KeyRing,
} from '../../gateway/index.js'
import { createFileCache } from '../../stores/index.js'
import type { Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { untilInterrupted } from '../until-interrupted.js'
import { collectLate } from './collect-late.js'
import { gatewayFolder, keysFolder } from './gateway-folder.js'
import { createConsoleSignIn, createGatewayProfiles, examineForConsole } from './gateway-profiles.js'
import { noteInstance } from './instance.js'
import { readGuests, readListenOptions } from './listen-options.js'
import { openRequestLogFile } from './request-log-file.js'

/** Listens until it is told to stop, then lets the requests finish that run; with `--json`, first one line `{"event":"listening","url","key"}`, and the link to the console on the next. */
export async function runGateway(invocation: Invocation): Promise<number> {
  const { host, options } = invocation
  const { clock, environment, interrupted } = host
  collectLate()
  const at = await readListenOptions(options)
  const guests = readGuests(options, at)
  const folder = gatewayFolder(environment)
  const logFile = options.text('log')
  const log = logFile === undefined ? undefined : await openRequestLogFile(logFile)
  const key = options.isSet('stored-keys') ? undefined : createApiKey()
  const controlKey = createApiKey()
  const listener = await listenGateway(
    {
      profiles: createGatewayProfiles(invocation),
      keys: createKeys(invocation, key),
      clock,
      ...guests,
      ledger: await openTokenLedger(clock, createFileCache(folder)),
      controlKey,
      ...(log && { onRequest: (entry) => log.write(entry) }),
      console: await openConsole(invocation),
    },
    at,
  )
  try {
    const { origin, localOrigin } = listener
    const note = { origin, localOrigin, certificate: at.tls?.cert, startedAtMs: clock.now(), controlKey }
    const forget = await noteInstance(folder, note)
    announce(invocation, listener, key)
    await untilInterrupted(interrupted)
    await forget()
  } finally {
    await listener.close()
    await log?.close()
  }
  return exitCodes.ok
}

/** The stored keys, and one that dies with this process. */
function createKeys({ host }: Invocation, key: Secret | undefined): KeyRing {
  const stored = createKeyFolder(keysFolder(host.environment), host.clock)
  const own = key ? [{ name: 'serve', createdAtMs: host.clock.now(), digest: digestKey(key.reveal()) }] : []
  return createKeyRing(async () => [...own, ...(await stored.read())])
}

async function openConsole(invocation: Invocation): Promise<ConsoleOptions> {
  const { readConsoleFiles } = await import('../../console/index.js')
  return {
    files: await readConsoleFiles(),
    signIn: createConsoleSignIn(invocation),
    examine: (profile) => examineForConsole(invocation, profile),
  }
}

/** The key and the link are shown this once. The first is written nowhere, the second is good once. */
function announce({ host, options }: Invocation, { origin, gateway }: GatewayListener, key: Secret | undefined): void {
  const url = `${origin}/v1`
  const link = gateway.createConsoleLink() ?? null
  if (options.isSet('json')) {
    const events = [
      { event: 'listening', url, key: key?.reveal() ?? null },
      { event: 'console', link },
    ]
    host.stdout.write(events.map((event) => `${JSON.stringify(event)}\n`).join(''))
    return
  }
  const exports = [`export OPENAI_BASE_URL=${url}`, ...(key ? [`export OPENAI_API_KEY=${key.reveal()}`] : [])]
  host.stdout.write(`${exports.join('\n')}\n`)
  host.stderr.write(toWords(link))
}

function toWords(link: string | null): string {
  return [
    'The gateway listens. Programs that speak the OpenAI API find it by the lines above.',
    ...(link === null ? [] : ['Open the console with this link; it is good once, for ten minutes:', '', link, '']),
    'Ctrl-C stops it.',
    '',
  ].join('\n')
}

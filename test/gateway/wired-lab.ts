import { createCodexProvider, createMemoryStore, createSession, type Session } from '../../src/core/index.js'
import { createApiKey, createKeyRing, digestKey, fromSession, listenGateway } from '../../src/gateway/index.js'
import type { GatewayListener, GatewayOptions } from '../../src/gateway/index.js'
import { createWire } from '../../src/network/index.js'
import { createEmulator, createFakeClock, type Emulator, type EmulatorOptions } from '../../src/testing/index.js'
import { authTextFrom, parseChatgpt } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'
import { question, type AskOptions } from './gateway-lab.js'

/** A gateway that listens, over a wire to an emulator that listens too: as `planpass serve` runs, but for its clock. */
export interface WiredLab {
  readonly emulator: Emulator
  readonly clock: ReturnType<typeof createFakeClock>
  readonly session: Session
  readonly listener: GatewayListener
  readonly key: string
  /** Asks with the key. */
  readonly ask: (path: string, init?: AskOptions) => Promise<Response>
  /** Asks for a stream of Responses. */
  readonly askStream: (init?: Pick<RequestInit, 'signal'>) => Promise<Response>
}

export async function withWire(
  options: EmulatorOptions & { readonly gateway?: Partial<GatewayOptions> },
  body: (lab: WiredLab) => Promise<void>,
): Promise<void> {
  const { gateway, ...emulatorOptions } = options
  const clock = createFakeClock()
  const emulator = createEmulator({ clock, signingKey, ...emulatorOptions })
  const ports = await emulator.listen()
  const session = await openSession(emulator, ports, clock)
  const key = createApiKey().reveal()
  const keys = createKeyRing(async () => [{ name: 'tests', createdAtMs: 0, digest: digestKey(key) }])
  const profiles = fromSession(session, { wire: await createWire({}) })
  const listener = await listenGateway({ profiles, keys, clock, ...gateway }, { graceMs: 0 })
  const ask = (path: string, init: AskOptions = {}) =>
    fetch(`${listener.origin}${path}`, { ...init, headers: { authorization: `Bearer ${key}`, ...init.headers } })
  const askStream = (init = {}) => ask('/v1/responses', { ...question({ stream: true }), ...init })
  try {
    await body({ emulator, clock, session, listener, key, ask, askStream })
  } finally {
    await listener.close()
    await ports.close()
  }
}

async function openSession(
  emulator: Emulator,
  { issuer, backendUrl }: { readonly issuer: string; readonly backendUrl: string },
  clock: ReturnType<typeof createFakeClock>,
): Promise<Session> {
  const provider = createCodexProvider({ issuer, backendUrl })
  const text = (await authTextFrom(emulator)).replaceAll(emulator.issuer, issuer)
  return createSession({ store: createMemoryStore(parseChatgpt(text)), provider, clock })
}

import {
  createApiKey,
  createGateway,
  createKeyRing,
  digestKey,
  fromSession,
  listenGateway,
  type ClientKey,
  type Gateway,
  type GatewayListener,
  type GatewayOptions,
  type ListenOptions,
} from '../../src/gateway/index.js'
import { signedIn, type SignedIn, type SignedInOptions } from '../support/signed-in.js'

export interface GatewayLabOptions extends Partial<Omit<GatewayOptions, 'origin' | 'keys' | 'clock'>> {
  readonly emulator?: SignedInOptions
  /** What the key of the tests may do. */
  readonly client?: Partial<ClientKey>
}

/** A gateway over somebody who is signed in to an emulator, and a key to it. */
export interface GatewayLab extends SignedIn {
  readonly key: string
  readonly options: Omit<GatewayOptions, 'origin'>
}

export interface AskOptions extends Omit<RequestInit, 'headers'> {
  readonly headers?: Readonly<Record<string, string>>
}

export interface InProcessGateway extends GatewayLab {
  readonly gateway: Gateway
  /** Asks with the key, unless the headers say otherwise. */
  readonly ask: (path: string, init?: AskOptions) => Promise<Response>
}

export const origin = 'http://127.0.0.1:8787'
export const model = 'gpt-6.1-sol'

async function gatewayLab({ emulator, client, ...options }: GatewayLabOptions): Promise<GatewayLab> {
  const lab = await signedIn(emulator)
  const key = createApiKey().reveal()
  const stored = { name: 'tests', createdAtMs: 0, ...client, digest: digestKey(key) }
  const keys = createKeyRing(async () => [stored])
  return { ...lab, key, options: { profiles: fromSession(lab.session), keys, clock: lab.clock, ...options } }
}

/** One that nobody listens for. */
export async function inProcess(options: GatewayLabOptions = {}): Promise<InProcessGateway> {
  const lab = await gatewayLab(options)
  const gateway = createGateway({ ...lab.options, origin })
  const ask = (path: string, init: AskOptions = {}) =>
    gateway.fetch(
      new Request(`${origin}${path}`, { ...init, headers: { authorization: `Bearer ${lab.key}`, ...init.headers } }),
    )
  return { ...lab, gateway, ask }
}

/** One that listens on a port of its own while the body runs. */
export async function withListening(
  options: GatewayLabOptions & { readonly at?: ListenOptions },
  body: (lab: GatewayLab & { readonly listener: GatewayListener; readonly baseURL: string }) => Promise<void>,
): Promise<void> {
  const { at, ...labOptions } = options
  const lab = await gatewayLab(labOptions)
  const listener = await listenGateway(lab.options, { graceMs: 0, ...at })
  try {
    await body({ ...lab, listener, baseURL: `${listener.origin}/v1` })
  } finally {
    await listener.close()
  }
}

/** A request for an answer. */
export function question(body: object = {}): AskOptions {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, input: 'Hello', ...body }),
  }
}

/** The events of a stream, in order. */
export async function eventsOf(response: Response): Promise<Record<string, unknown>[]> {
  const text = await response.text()
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>)
}

/** Lets time pass until the work is done. */
export async function inTime<Result>(
  { clock }: InProcessGateway,
  stepMs: number,
  work: Promise<Result>,
): Promise<Result> {
  const progress = { isOver: false }
  void work.finally(() => (progress.isOver = true)).catch(() => undefined)
  for (let step = 0; !progress.isOver && step < 5000; step += 1) await clock.advance(stepMs)
  return work
}

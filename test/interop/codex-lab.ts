import { expect } from 'vitest'
import { type Emulator, type EmulatorListener, type EmulatorOptions, createEmulator } from '../../src/testing/index.js'
import { signingKey } from '../support/signing-key.js'
import { type CodexOptions, type CodexResult, type RunningCodex, runCodex, startCodex } from './codex-binary.js'
import { type CodexHome, createCodexHome } from './codex-home.js'
import { type LoopbackProxy, createClosedProxy, createInterceptingProxy } from './loopback-proxy.js'

/** The emulator and one codex that knows nothing else of the world. */
export interface CodexLab {
  readonly emulator: Emulator
  readonly listener: EmulatorListener
  readonly home: CodexHome
  /** Whom codex asked for beyond the loopback interface. */
  readonly proxy: LoopbackProxy
  readonly run: (args: readonly string[], env?: CodexOptions['env']) => Promise<CodexResult>
  readonly start: (args: readonly string[], env?: CodexOptions['env']) => Promise<RunningCodex>
  /** Done before the lab is taken down. */
  readonly defer: (cleanUp: () => Promise<void>) => void
  readonly close: () => Promise<void>
}

export interface CodexLabOptions extends EmulatorOptions {
  /** Answers to these names over TLS too, and ends whatever codex sends to them at the emulator. */
  readonly interceptedHosts?: readonly string[]
  readonly webSocket?: boolean
}

async function createCodexLab(options: CodexLabOptions): Promise<CodexLab> {
  const { interceptedHosts, webSocket = false, ...emulatorOptions } = options
  const emulator = createEmulator({ deviceIntervalSeconds: 1, signingKey, ...emulatorOptions })
  const listener = await emulator.listen({ tls: { hosts: interceptedHosts ?? [] }, webSocket })
  const tlsPort = Number(new URL(listener.tls?.issuer ?? '').port)
  const proxy = await (interceptedHosts === undefined ? createClosedProxy() : createInterceptingProxy(tlsPort))
  const home = await createCodexHome(listener, proxy.url)
  const started = new Set<RunningCodex>()
  const deferred: (() => Promise<void>)[] = []
  const toOptions = (args: readonly string[], env: CodexOptions['env'] = {}) => ({
    emulator: listener,
    home,
    args,
    env,
  })
  return {
    emulator,
    listener,
    home,
    proxy,
    run: (args, env) => runCodex(toOptions(args, env)),
    async start(args, env) {
      const codex = await startCodex(toOptions(args, env))
      started.add(codex)
      return codex
    },
    defer: (cleanUp) => void deferred.push(cleanUp),
    async close() {
      await Promise.allSettled(deferred.map((cleanUp) => cleanUp()))
      for (const codex of started) codex.kill()
      await Promise.allSettled([...started].map(({ finished }) => finished))
      await Promise.all([listener.close(), proxy.close()])
      await home.remove()
    },
  }
}

/** Runs the body, makes sure that codex asked for no host but the emulator's, and takes the lab down however it ends. */
export async function withCodexLab(options: CodexLabOptions, body: (lab: CodexLab) => Promise<void>): Promise<void> {
  const lab = await createCodexLab(options)
  try {
    await body(lab)
    const allowed = (options.interceptedHosts ?? []).map((host) => `${host}:443`)
    expect(lab.proxy.targets.filter((target) => !allowed.includes(target))).toEqual([])
  } finally {
    await lab.close()
  }
}

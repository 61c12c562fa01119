import type { RunningCodex } from './codex-binary.js'
import type { CodexLab } from './codex-lab.js'

type Members = Readonly<Record<string, unknown>>

/** `codex app-server` over its standard streams: one JSON object a line, without a `jsonrpc` member (real-codex 13). */
export interface AppServer {
  /** Resolves with the result; rejects with the error's message. */
  request(method: string, params?: Members): Promise<Members>
  /** The parameters of the first notification of this name since the server started. */
  waitForNotification(method: string): Promise<Members>
  /** Closes its input, which ends it. */
  end(): Promise<void>
}

/** Starts it with the emulator as the issuer of its logins, and says hello. */
export async function startAppServer({ start, listener }: CodexLab): Promise<AppServer> {
  const codex = await start(['app-server'], { CODEX_APP_SERVER_LOGIN_ISSUER: listener.issuer })
  let lastId = 0
  const request: AppServer['request'] = async (method, params) => {
    const id = ++lastId
    codex.writeLine(JSON.stringify({ id, method, params }))
    const { result, error } = await waitForMessage(codex, (message) => message['id'] === id)
    if (error !== undefined) throw new Error(`${method}: ${(error as { message: string }).message}`)
    return result as Members
  }
  await request('initialize', {
    clientInfo: { name: 'interop', title: 'Interop', version: '1.0' },
    capabilities: { experimentalApi: true },
  })
  codex.writeLine(JSON.stringify({ method: 'initialized' }))
  return {
    request,
    async waitForNotification(method) {
      const { params } = await waitForMessage(codex, (message) => message['method'] === method)
      return params as Members
    },
    async end() {
      codex.endInput()
      await codex.finished
    },
  }
}

async function waitForMessage(codex: RunningCodex, isWanted: (message: Members) => boolean): Promise<Members> {
  return codex.waitForLine((line) => {
    if (!line.startsWith('{')) return undefined
    const message = JSON.parse(line) as Members
    return isWanted(message) ? message : undefined
  })
}

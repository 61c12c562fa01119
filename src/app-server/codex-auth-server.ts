import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AuthError, isAuthError, toOneSafeLine, type Logger, type Secret } from '../core/index.js'
import type { ExternalAuth } from '../core/external.js'
import type { AuthCommand } from './codex-provider.js'
import { createTokenKeeper } from './token-keeper.js'

/** Whose tokens are served, and with which program Codex fetches them. */
export interface CodexAuthOptions {
  readonly auth: ExternalAuth
  /** The Node that Codex is to run; this process's own when not given. */
  readonly nodePath?: string
  readonly logger?: Logger
}

/** Tokens for Codex processes, as long as it is open. */
export interface CodexAuthServer {
  /** For `createCodexProviderFlags`. Prints a token; holds none. */
  readonly command: AuthCommand
  readonly close: () => Promise<void>
}

/**
 * What Codex runs for a token. It names the process that asked, so that a second question of the same one can be told from the first of another.
 */
const script = `
const ask = require('node:http').get({ socketPath: process.argv[1], path: '/token?asker=' + process.ppid }, (answer) => {
  answer.pipe(answer.statusCode === 200 ? process.stdout : process.stderr)
  if (answer.statusCode !== 200) process.exitCode = 1
})
ask.on('error', (error) => {
  process.stderr.write(String(error.code))
  process.exitCode = 1
})
`

/** Longer than a refresh may take, shorter than a person would wait. */
const commandTimeoutMs = 30_000

/**
 * Serves the tokens of `auth` on a socket file in a folder that only its owner may enter, to any number of Codex processes.
 *
 * Codex keeps what it was given until the backend answers 401, and then asks again (protocol 7.2). So a process that asks again for the token
 * it was given was refused with it, and `auth` is asked to refresh; when it has a newer one by then, nothing is spent.
 *
 * @throws AuthError `ERR_CONFIG_LISTEN`
 */
export async function serveCodexAuth({ auth, nodePath, logger }: CodexAuthOptions): Promise<CodexAuthServer> {
  const folder = await mkdtemp(join(tmpdir(), 'planpass-'))
  const socketPath =
    process.platform === 'win32' ? `\\\\.\\pipe\\${folder.replaceAll(/\W/g, '-')}` : join(folder, 'auth')
  const give = createGiver(auth)
  const server = createServer((request, response) => {
    reply(request, response, give).catch((error: unknown) => {
      logger?.warn(`Codex was given no token. ${String(error)}`)
      const summary = isAuthError(error) ? error.summary : 'The host could not give a token.'
      response.writeHead(503).end(toOneSafeLine(summary))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new AuthError('ERR_CONFIG_LISTEN', `No socket at ${socketPath}.`, { cause })),
    )
    server.listen(socketPath, resolve)
  })
  return {
    command: {
      command: nodePath ?? process.execPath,
      args: ['-e', script, socketPath],
      timeoutMs: commandTimeoutMs,
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function reply(request: IncomingMessage, response: ServerResponse, give: (asker: string) => Promise<Secret>) {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
  const asker = searchParams.get('asker')
  const isQuestion = request.method === 'GET' && pathname === '/token'
  if (isQuestion && asker !== null) response.end((await give(asker)).reveal())
  else response.writeHead(404).end()
}

/** Remembers which token each process has, and gets another for one that comes back with the token that is current. */
function createGiver(auth: ExternalAuth): (asker: string) => Promise<Secret> {
  const keeper = createTokenKeeper(auth)
  const given = new Map<string, Secret>()
  return async (asker) => {
    const now = await keeper.current()
    const isRefused = given.get(asker)?.equals(now.accessToken) === true
    const { accessToken } = isRefused ? await keeper.insteadOf(now, now.chatgpt?.accountId) : now
    given.set(asker, accessToken)
    return accessToken
  }
}

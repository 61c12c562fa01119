import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { AuthError, codeOf, causesOf, Secret, type Logger } from '../core/index.js'
import type { Agent } from './create-agent.js'
import { mcpPath } from './mcp-guard.js'

interface ServeOptions {
  readonly agent: Agent
  readonly logger: Logger
}

/** A server that runs. */
export interface McpListener {
  /** Undefined on standard streams. */
  readonly address?: string
  /** What clients send as their bearer; dies with the server. */
  readonly key?: Secret
  readonly close: () => Promise<void>
}

/**
 * The MCP server on standard streams, or on a port of the loopback interface. The SDK is loaded here, when it is wanted.
 *
 * @throws AuthError `ERR_CONFIG_MISSING_PACKAGE`, `ERR_CONFIG_LISTEN`
 */
export async function serveMcp(options: ServeOptions & { readonly port?: number | undefined }): Promise<McpListener> {
  const { port, ...common } = options
  const mcp = await loadMcp()
  return port === undefined ? mcp.serveMcpStdio(common) : listen(mcp, common, port)
}

type Mcp = typeof import('./mcp.js')

async function loadMcp(): Promise<Mcp> {
  try {
    return await import('./mcp.js')
  } catch (cause) {
    if (!causesOf(cause).some((error) => codeOf(error) === 'ERR_MODULE_NOT_FOUND')) throw cause
    const advice = 'Install it: npm install @modelcontextprotocol/server'
    throw new AuthError(
      'ERR_CONFIG_MISSING_PACKAGE',
      'The MCP server needs the package @modelcontextprotocol/server.',
      {
        cause,
        advice,
      },
    )
  }
}

const loopbackHost = '127.0.0.1'

async function listen(mcp: Mcp, options: ServeOptions, port: number): Promise<McpListener> {
  const { getRequestListener } = await import('@hono/node-server')
  const key = new Secret(randomBytes(32).toString('base64url'))
  const hosts: string[] = []
  const served = await mcp.createMcpFetch({ ...options, key, hosts })
  const answer = getRequestListener(served.fetch, { overrideGlobalObjects: false })
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing))
  const host = `${loopbackHost}:${await startListening(server, port)}`
  hosts.push(host)
  return { address: `http://${host}${mcpPath}`, key, close: () => close(server, served.close) }
}

function startListening(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new AuthError('ERR_CONFIG_LISTEN', `The MCP server cannot listen on port ${port}.`, { cause }))
    })
    server.listen({ port, host: loopbackHost }, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

async function close(server: Server, closeHandler: () => Promise<void>): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  await closeHandler()
  server.closeAllConnections()
  await closed
}

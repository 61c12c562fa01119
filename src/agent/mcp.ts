/**
 * The MCP server: a ChatGPT sign-in for hosts that speak MCP, revision 2026-07-28 and older ones. Needs the optional peer
 * `@modelcontextprotocol/server`.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import {
  createMcpHandler,
  createRequestStateCodec,
  McpServer,
  type McpServerFactory,
} from '@modelcontextprotocol/server'
import { loadSkills } from '@modelcontextprotocol/server/ext/skills/node'
import { serveStdio, type StdioServerHandle } from '@modelcontextprotocol/server/stdio'
import { packageVersion, silentLogger, type Logger, type Secret } from '../core/index.js'
import type { Agent } from './create-agent.js'
import { guardMcp } from './mcp-guard.js'
import type { StartState } from './mcp-start.js'
import { registerTools } from './mcp-tools.js'
import { openAgent } from './open-agent.js'
import { findSkillsFolder } from './package-skills.js'

/** What a server is made of; everything has a default. */
export interface McpOptions {
  /** Default: the agent of the default profile. */
  readonly agent?: Agent | undefined
  /** Where the server says what goes wrong in it: standard error, never standard output. Default: nowhere. */
  readonly logger?: Logger | undefined
}

const instructions =
  'Signs the user in to their own ChatGPT or Codex subscription. Call chatgpt_auth_status first. Start a sign-in only when the user explicitly asks for it, show address and code apart, wait for the user, and check once after each confirmation.'

const promptText =
  'Sign me in with my ChatGPT account. Look first whether I am signed in already; if so, tell me and stop. Otherwise start, show me the address and the code apart from each other, and wait until I say that I have approved.'

/**
 * Makes a server for each connection or request. A start may be answered within ten minutes, by the process that asked.
 *
 * ```ts
 * serveStdio(await createMcpServerFactory({ agent: openAgent({ profile: 'work' }) }))
 * ```
 *
 * @throws AuthError `ERR_CONFIG_*`, `ERR_STORE_READ` when there is no profile to work with
 */
export async function createMcpServerFactory({ agent = openAgent() }: McpOptions = {}): Promise<McpServerFactory> {
  const codec = createRequestStateCodec<StartState>({ key: randomBytes(32), bind: ({ mcpReq }) => mcpReq.method })
  const folder = findSkillsFolder()
  const skills = folder === undefined ? undefined : await loadSkills(folder)
  return () => {
    const server = new McpServer(
      { name: 'planpass', title: 'ChatGPT sign-in', version: packageVersion },
      { instructions, requestState: { verify: (state, context) => codec.verify(state, context) } },
    )
    registerTools({ agent, server, codec })
    registerPrompt(server)
    skills?.attach(server)
    return server
  }
}

/** Prompts are for people to pick: the way to ask for a sign-in without words of one's own. */
function registerPrompt(server: McpServer): void {
  server.registerPrompt(
    'sign_in_with_chatgpt',
    { title: 'Sign in with ChatGPT', description: 'Connect your own ChatGPT or Codex subscription.' },
    () => ({ messages: [{ role: 'user' as const, content: { type: 'text' as const, text: promptText } }] }),
  )
}

/** Serves the process's standard streams until the client closes them. */
export async function serveMcpStdio(options: McpOptions = {}): Promise<StdioServerHandle> {
  const { logger = silentLogger } = options
  const factory = await createMcpServerFactory(options)
  return serveStdio(factory, { onerror: (error) => logger.warn(inWords(error)) })
}

/** Answers requests over HTTP. */
export interface McpFetch {
  readonly fetch: (request: Request) => Promise<Response>
  readonly close: () => Promise<void>
}

/** Who may ask over HTTP. */
export interface McpHttpOptions extends McpOptions {
  /** What a caller sends as its bearer. */
  readonly key: Secret
  /** The `Host` values that are ours, such as `127.0.0.1:8787`. */
  readonly hosts: readonly string[]
}

/** For a loopback listener; what reaches it without the key, by another name or from a page of a browser is refused. */
export async function createMcpFetch({ key, hosts, ...options }: McpHttpOptions): Promise<McpFetch> {
  const { logger = silentLogger } = options
  const factory = await createMcpServerFactory(options)
  const handler = createMcpHandler(factory, { onerror: (error) => logger.warn(inWords(error)) })
  return { fetch: guardMcp((request) => handler.fetch(request), { key, hosts }), close: handler.close }
}

/** Messages of a parser quote what they could not read. */
function inWords(error: Error): string {
  return `The MCP server reports a ${error.name}.`
}

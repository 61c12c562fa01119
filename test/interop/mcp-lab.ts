import { Client, type ClientOptions } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { onTestFinished } from 'vitest'
import { builtCli } from '../support/cli-process.js'
import type { CommandLine } from '../support/cli-lab.js'

/** The command that hosts are given, as a process of its own with the environment of a profile. */
export function mcpCommand({ environment }: Pick<CommandLine, 'environment'>) {
  return { command: process.execPath, args: [builtCli(), 'mcp'], env: { ...environment }, stderr: 'pipe' as const }
}

/** The SDK's own client with the built command at the other end of a pipe. */
export async function connectToCommand(commandLine: CommandLine, options: ClientOptions) {
  const transport = new StdioClientTransport(mcpCommand(commandLine))
  const printed: string[] = []
  transport.stderr?.on('data', (chunk: Buffer) => printed.push(chunk.toString()))
  const client = new Client({ name: 'interop', version: '1' }, options)
  await client.connect(transport)
  onTestFinished(() => client.close())
  return { client, stderr: () => printed.join('') }
}

export const modern: ClientOptions = { versionNegotiation: { mode: { pin: '2026-07-28' } } }
export const legacy: ClientOptions = {}

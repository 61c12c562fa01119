import { createMCPClient } from '@ai-sdk/mcp'
import { Experimental_StdioMCPTransport as StdioMcpTransport } from '@ai-sdk/mcp/mcp-stdio'
import { generateText, stepCountIs, type ToolSet } from 'ai'
import { MockLanguageModelV3 } from 'ai/test'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/index.js'
import { toAnswer, type Move } from '../agent/conversation.js'
import { withCliLab } from '../support/cli-lab.js'
import { connectToCommand, legacy, mcpCommand, modern } from './mcp-lab.js'

describe.each([
  ['of revision 2026-07-28', modern],
  ['of an older revision', legacy],
])('`planpass mcp` with a client %s', (_name, options) => {
  it('signs in, lists models and signs out, in a process of its own', async () => {
    await withCliLab({ clock: systemClock }, async (lab) => {
      const { client, stderr } = await connectToCommand(lab, options)
      const call = async (name: string, given: Record<string, unknown> = {}) => {
        const { structuredContent } = await client.callTool({ name, arguments: given })
        return structuredContent as Record<string, unknown>
      }
      expect(await call('chatgpt_auth_status')).toMatchObject({ status: 'signed_out' })
      const started = await call('chatgpt_auth_start')
      expect(started).toMatchObject({ status: 'awaiting_user' })
      lab.emulator.approve(String(started['userCode']))
      await systemClock.sleep(Date.parse(String(started['pollAfter'])) - Date.now())
      expect(await call('chatgpt_auth_check', { flow_id: started['flowId'] })).toMatchObject({ status: 'signed_in' })
      expect(await lab.readAuth()).toMatchObject({ auth_mode: 'chatgpt' })
      expect(await call('chatgpt_models_list')).toMatchObject({ status: 'models' })
      expect(await call('chatgpt_auth_sign_out')).toMatchObject({ status: 'signed_out', removed: true })
      expect(stderr()).toBe('')
    })
  })

  it('goes on with what another process has started', async () => {
    await withCliLab({ clock: systemClock }, async (lab) => {
      const { stdout } = await lab.runProcess(['skill', 'start'])
      const started = JSON.parse(stdout) as Record<string, string>
      lab.emulator.approve(started['user_code'] ?? '')
      const { client } = await connectToCommand(lab, { ...options, capabilities: { elicitation: { url: {} } } })
      client.setRequestHandler('elicitation/create', () => ({ action: 'accept' as const }))
      const result = await client.callTool({ name: 'chatgpt_auth_start', arguments: {} })
      expect(result.structuredContent).toMatchObject({ status: 'signed_in' })
      expect(lab.emulator.sessions).toHaveLength(1)
    })
  })

  it('ends when its client goes', async () => {
    await withCliLab({}, async (lab) => {
      const { client } = await connectToCommand(lab, options)
      expect((await client.listTools()).tools).toHaveLength(8)
      await client.close()
      const { exitCode, stderr } = await lab.runProcess(['mcp'])
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    })
  })
})

it('is a set of tools to the MCP client of the AI SDK', async () => {
  await withCliLab({}, async (lab) => {
    const { command, args, env } = mcpCommand(lab)
    const client = await createMCPClient({ transport: new StdioMcpTransport({ command, args, env }) })
    try {
      const tools = (await client.tools()) as ToolSet
      const moves: Move[] = [
        { tool: 'chatgpt_auth_status', call: {} },
        { tool: 'chatgpt_auth_start', call: {} },
        { say: 'Open the address.' },
      ]
      const model = new MockLanguageModelV3({ doGenerate: moves.map(toAnswer) })
      const { steps, text } = await generateText({ model, tools, prompt: 'Sign in', stopWhen: stepCountIs(5) })
      const results = JSON.stringify(steps.flatMap(({ toolResults }) => toolResults))
      expect(text).toBe('Open the address.')
      expect(results).toMatch(/signed_out.*awaiting_user/)
    } finally {
      await client.close()
    }
  })
})

import { expect, it } from 'vitest'
import { systemClock } from '../../src/core/index.js'
import type { Prompt, ScriptedExchange } from '../../src/testing/index.js'
import { withCliLab } from '../support/cli-lab.js'
import { withCodexLab } from './codex-lab.js'
import { mcpCommand } from './mcp-lab.js'

/** A model that calls a tool of the server, from the program in which Codex lets its models call tools, and repeats what it answered. */
function callingModel(tool: string, given: object): ScriptedExchange[] {
  const program = `text((await tools.mcp__planpass__${tool}(${JSON.stringify(given)})).structuredContent)`
  const call = { type: 'custom_tool_call' as const, name: 'exec', input: program }
  const repeat = ({ toolOutputs }: Prompt) => ({
    items: [{ type: 'text' as const, text: JSON.stringify(toolOutputs.at(-1)?.output) }],
  })
  return [{ when: ({ toolOutputs }) => toolOutputs.length === 0, answer: { items: [call] } }, { answer: repeat }]
}

it('the released Codex uses the server that `codex mcp add` was told of', async () => {
  await withCliLab({ clock: systemClock }, async (planpass) => {
    await withCodexLab({}, async ({ run, emulator, home }) => {
      await home.writeAuth(await emulator.issueTokens())
      const { command, args, env } = mcpCommand(planpass)
      const variables = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`])
      expect(await run(['mcp', 'add', 'planpass', ...variables, '--', command, ...args])).toMatchObject({ exitCode: 0 })
      expect((await run(['mcp', 'list', '--json'])).stdout).toContain('"planpass"')

      const ask = async (tool: string, given: object = {}) => {
        emulator.scenario.answers = callingModel(tool, given)
        const allowed = ['--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox']
        // Codex does not wait for a server it can do without, and on a busy machine asks the model before the server is up.
        const awaited = ['-c', 'mcp_servers.planpass.required=true']
        const { stdout, stderr } = await run(['exec', ...allowed, ...awaited, `Call ${tool}.`])
        expect(stdout + stderr).not.toContain('unsupported call')
        return stdout
      }
      expect(await ask('chatgpt_auth_status')).toContain('signed_out')
      // It says that it can open addresses, and without a screen declines to for its person.
      expect(await ask('chatgpt_auth_start')).toContain('cancelled')
      const started = await ask('openai_oauth', { action: 'start' })
      const [, userCode = ''] = /user_code[\\":]+([\w-]+)/.exec(started) ?? []
      expect(planpass.emulator.approve(userCode)).toBe(true)
      await systemClock.sleep(1200)
      expect(await ask('chatgpt_auth_check')).toContain('signed_in')
      expect(await planpass.readAuth()).toMatchObject({ auth_mode: 'chatgpt' })
    })
  })
})

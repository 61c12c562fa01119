import { describe, expect, it } from 'vitest'
import { type AnswerItem, type BackendScenario, type Prompt, defaultAccount } from '../../src/testing/index.js'
import { type CodexLab, type CodexLabOptions, withCodexLab } from './codex-lab.js'

async function withSignedInCodex(options: CodexLabOptions, body: (lab: CodexLab) => Promise<void>): Promise<void> {
  await withCodexLab(options, async (lab) => {
    await lab.home.writeAuth(await lab.emulator.issueTokens())
    await body(lab)
  })
}

function exec({ run }: CodexLab, ...args: string[]) {
  return run(['exec', '--skip-git-repo-check', ...args])
}

function parseLines(text: string): unknown[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
}

const say = (text: string): AnswerItem => ({ type: 'text', text })
const think = (summary: string): AnswerItem => ({ type: 'reasoning', summary })

/** First thinks and calls a tool, then tells what the tool answered. */
function toolScript(call: AnswerItem): Partial<BackendScenario> {
  const tell = ({ toolOutputs }: Prompt) => ({ items: [say(`It said ${JSON.stringify(toolOutputs.at(-1)?.output)}`)] })
  return {
    answers: [
      { when: ({ toolOutputs }) => toolOutputs.length === 0, answer: { items: [think('Let me look.'), call] } },
      { answer: tell },
    ],
  }
}

describe('codex exec', () => {
  it('prints the answer the emulator streams, with every rule on', async () => {
    await withSignedInCodex({}, async (lab) => {
      const { exitCode, stdout } = await exec(lab, 'say hi')
      expect(stdout).toBe('You said: say hi\n')
      expect(exitCode).toBe(0)
      const asked = lab.emulator.log.map(({ method, path, status }) => `${method} ${path} ${status}`)
      expect(asked).toEqual(
        expect.arrayContaining([
          'GET /backend-api/wham/accounts/check 200',
          'GET /backend-api/codex/models 200',
          'GET /backend-api/codex/responses 426',
          'POST /backend-api/codex/responses 200',
        ]),
      )
      const post = lab.emulator.log.find(({ method, endpoint }) => method === 'POST' && endpoint === 'responses')
      expect(post?.headers['content-encoding']).toBe('zstd')
    })
  })

  it('tells events and token counts with --json', async () => {
    const usage = { inputTokens: 1200, cachedTokens: 1000, outputTokens: 30, reasoningTokens: 10 }
    const answers = [{ answer: { items: [think('Hm.'), say('Done.')], usage } }]
    await withSignedInCodex({ scenario: { answers } }, async (lab) => {
      const { exitCode, stdout } = await exec(lab, '--json', 'say hi')
      expect(exitCode).toBe(0)
      expect(parseLines(stdout)).toMatchObject([
        { type: 'thread.started' },
        { type: 'turn.started' },
        { type: 'item.completed', item: { type: 'reasoning', text: 'Hm.' } },
        { type: 'item.completed', item: { type: 'agent_message', text: 'Done.' } },
        {
          type: 'turn.completed',
          usage: { input_tokens: 1200, cached_input_tokens: 1000, output_tokens: 30, reasoning_output_tokens: 10 },
        },
      ])
    })
  })

  it('goes on with a conversation, whose beginning is then cached', async () => {
    const answers = [{ answer: { items: [think('A thought.'), say('Go on.')] } }]
    await withSignedInCodex({ scenario: { answers } }, async (lab) => {
      expect((await exec(lab, 'first')).exitCode).toBe(0)
      const { exitCode, stdout } = await exec(lab, '--json', 'resume', '--last', 'second')
      expect(exitCode).toBe(0)
      const last = parseLines(stdout).at(-1) as { usage: { cached_input_tokens: number } }
      expect(last.usage.cached_input_tokens).toBeGreaterThan(0)
    })
  })

  it('runs the code a custom tool call asks for, and hands the reasoning back', async () => {
    const call = { type: 'custom_tool_call', name: 'exec', input: 'text(6 * 7)' } as const
    await withSignedInCodex({ scenario: toolScript(call) }, async (lab) => {
      const { exitCode, stdout } = await exec(lab, 'compute')
      expect(stdout).toMatch(/It said .*"42"/)
      expect(exitCode).toBe(0)
    })
  })

  it('runs the command a function call asks for, with an older model', async () => {
    const call = { type: 'function_call', name: 'exec_command', arguments: { cmd: 'echo from-the-shell' } } as const
    await withSignedInCodex({ scenario: toolScript(call) }, async (lab) => {
      const { exitCode, stdout } = await exec(lab, '-m', 'gpt-5.5', 'look')
      expect(stdout).toMatch(/It said .*from-the-shell/)
      expect(exitCode).toBe(0)
    })
  })

  it('answers over a websocket when one is served', async () => {
    await withSignedInCodex({ webSocket: true }, async (lab) => {
      const { exitCode, stdout } = await exec(lab, 'say hi')
      expect(stdout).toBe('You said: say hi\n')
      expect(exitCode).toBe(0)
      const asked = lab.emulator.log.filter(({ endpoint }) => endpoint === 'responses')
      expect(asked.map(({ method, status }) => `${method} ${status}`)).toEqual(['GET 101', 'FRAME 200', 'FRAME 200'])
    })
  })

  it('follows the workspace to the origin accounts/check names', async () => {
    await withSignedInCodex({ scenario: { accountRoutingOverride: 'us' } }, async (lab) => {
      lab.emulator.scenario.workspaceBackendOrigin = lab.listener.tls?.issuer.replace('127.0.0.1', 'localhost')
      expect((await exec(lab, 'say hi')).exitCode).toBe(0)
      const post = lab.emulator.log.find(({ method, endpoint }) => method === 'POST' && endpoint === 'responses')
      expect(post?.headers['host']).toMatch(/^localhost:/)
    })
  })

  it.each(['business', 'enterprise', 'edu'])('finds the policies a %s plan asks for', async (planType) => {
    const accounts = [{ ...defaultAccount, planType }]
    await withSignedInCodex({ accounts }, async (lab) => {
      const { exitCode, stdout } = await exec(lab, 'say hi')
      expect(stdout).toBe('You said: say hi\n')
      expect(exitCode).toBe(0)
      expect(lab.emulator.counters.requests['config-bundle']).toBeGreaterThan(0)
    })
  })

  it('says when the usage limit is reached, and does not try again', async () => {
    await withSignedInCodex({ scenario: { usageLimit: { resetsInSeconds: 3600 } } }, async (lab) => {
      const { exitCode, stderr } = await exec(lab, 'say hi')
      expect(stderr).toContain('hit your usage limit')
      expect(exitCode).toBe(1)
      const posts = lab.emulator.log.filter(({ method, endpoint }) => method === 'POST' && endpoint === 'responses')
      expect(posts).toHaveLength(1)
    })
  })

  it('says when a conversation is longer than the context window', async () => {
    await withSignedInCodex({}, async (lab) => {
      lab.emulator.scenario.models = lab.emulator.scenario.models.map((model) => ({ ...model, context_window: 100 }))
      const { exitCode, stderr } = await exec(lab, 'say hi')
      expect(stderr).toMatch(/context window/)
      expect(exitCode).toBe(1)
    })
  })
})

describe('codex debug models', () => {
  it('shows the catalogue of the emulator, hidden models included and newer ones left out', async () => {
    await withSignedInCodex({}, async (lab) => {
      const { stdout } = await lab.run(['debug', 'models'])
      const { models } = JSON.parse(stdout) as { models: { slug: string; visibility: string }[] }
      expect(models.map(({ slug, visibility }) => `${slug} ${visibility}`)).toEqual([
        'gpt-6.1-sol list',
        'gpt-6-luna list',
        'gpt-5.5 list',
        'codex-auto-review hide',
      ])
    })
  })
})

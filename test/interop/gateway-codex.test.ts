import { describe, expect, it } from 'vitest'
import { createApiKey, createKeyRing, digestKey, fromSession, listenGateway } from '../../src/gateway/index.js'
import { createMemoryStore, createSession, type Session } from '../../src/core/index.js'
import type { AnswerItem, Prompt } from '../../src/testing/index.js'
import { credentialFrom, providerOf } from '../support/signed-in.js'
import { withCodexLab, type CodexLab } from './codex-lab.js'

async function openSession({ emulator }: CodexLab): Promise<Session> {
  const store = createMemoryStore(await credentialFrom(emulator))
  return createSession({ store, provider: providerOf(emulator), fetch: emulator.fetch })
}

/** The real codex, which knows of the gateway alone: no sign-in lies in its home. */
async function withCodexBehindGateway(
  scenario: Parameters<typeof withCodexLab>[0]['scenario'],
  body: (lab: CodexLab, exec: (...args: string[]) => ReturnType<CodexLab['run']>) => Promise<void>,
): Promise<void> {
  await withCodexLab({ ...(scenario && { scenario }) }, async (lab) => {
    const key = createApiKey().reveal()
    const keys = createKeyRing(async () => [{ name: 'codex', createdAtMs: 0, digest: digestKey(key) }])
    const listener = await listenGateway({ profiles: fromSession(await openSession(lab)), keys }, { graceMs: 0 })
    const provider = [
      `model_providers.planpass.name="planpass"`,
      `model_providers.planpass.base_url="${listener.origin}/v1"`,
      `model_providers.planpass.env_key="PLANPASS_KEY"`,
      `model_providers.planpass.wire_api="responses"`,
      `model_provider="planpass"`,
    ].flatMap((setting) => ['-c', setting])
    try {
      await body(lab, (...args) =>
        lab.run(['exec', '--skip-git-repo-check', ...provider, ...args], { PLANPASS_KEY: key }),
      )
      expect(await lab.home.readAuth()).toBeUndefined()
    } finally {
      await listener.close()
    }
  })
}

const look = ({ toolOutputs }: Prompt) => toolOutputs.length === 0
const call: AnswerItem = { type: 'custom_tool_call', name: 'exec', input: 'text(6 * 7)' }

describe('the real codex with the gateway as its model provider', () => {
  it('prints the answer of the plan', async () => {
    await withCodexBehindGateway(undefined, async (_lab, exec) => {
      const { exitCode, stdout } = await exec('say hi')
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'You said: say hi\n' })
    })
  })

  it('calls a tool and goes on with what it answered', async () => {
    const answers = [
      { when: look, answer: { items: [{ type: 'reasoning', summary: 'Let me look.' } as const, call] } },
      {
        answer: ({ toolOutputs }: Prompt) => ({
          items: [{ type: 'text' as const, text: `It said ${JSON.stringify(toolOutputs.at(-1)?.output)}` }],
        }),
      },
    ]
    await withCodexBehindGateway({ answers }, async (_lab, exec) => {
      const { exitCode, stdout } = await exec('what is six times seven?')
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringMatching(/^It said .*42/) })
    })
  })

  it('says that the plan is used up', async () => {
    await withCodexBehindGateway(undefined, async (lab, exec) => {
      lab.emulator.scenario.usageLimit = { resetsInSeconds: 3600 }
      const { exitCode, stdout, stderr } = await exec('say hi')
      expect(exitCode).toBe(1)
      expect(stdout + stderr).toMatch(/usage limit/i)
    })
  })
})

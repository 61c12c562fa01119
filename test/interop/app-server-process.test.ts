import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { collectTurn, type EnvironmentInput, type TurnEvent } from '../../src/app-server/index.js'
import { caught, caughtAuthError } from '../support/caught.js'
import { toArray } from '../support/to-array.js'
import { connectLab, labOptions, processesOf } from './app-server-lab.js'
import { withCodexLab, type CodexLab } from './codex-lab.js'

/** The answer to a prompt does not come for a long time. Tells when the server has sent one, and waits. */
function holdAnswers({ emulator }: CodexLab): () => Promise<void> {
  const held = emulator.faults.add({ endpoint: 'responses', when: ({ method }) => method === 'POST', delayMs: 60_000 })
  return () => vi.waitFor(() => expect(held.hits).toBe(1), { timeout: 10_000 })
}

async function signedIn(lab: CodexLab) {
  await lab.home.writeAuth(await lab.emulator.issueTokens())
  return connectLab(lab)
}

/** What the agent needs for its commands. */
const shell = { PATH: '/usr/bin:/bin', SHELL: '/bin/sh' }

const commandCall = {
  type: 'function_call',
  name: 'exec_command',
  arguments: {
    cmd: 'touch made-by-the-agent && echo done',
    sandbox_permissions: 'require_escalated',
    justification: 'so',
  },
} as const

/** An agent that wants to run a command, and says what came of it. */
const agent = {
  answers: [
    {
      when: ({ toolOutputs }: { toolOutputs: readonly unknown[] }) => toolOutputs.length === 0,
      answer: { items: [commandCall] },
    },
    {
      answer: ({ toolOutputs }: { toolOutputs: readonly { output: unknown }[] }) => ({
        items: [{ type: 'text' as const, text: `It said ${JSON.stringify(toolOutputs[0]?.output)}` }],
      }),
    },
  ],
}

describe('a turn of a real app server', () => {
  it('is streamed, event by event', async () => {
    await withCodexLab({}, async (lab) => {
      const server = await signedIn(lab)
      const thread = await server.startThread({ sandbox: 'read-only' })
      const events = await toArray<TurnEvent>(await thread.startTurn('say hi'))
      const methods = events.map(({ method }) => method)
      expect(methods[0]).toBe('turn/started')
      expect(methods).toContain('item/agentMessage/delta')
      expect(methods).toContain('thread/tokenUsage/updated')
      expect(methods.at(-1)).toBe('turn/completed')
    })
  })

  it('is interrupted when its signal aborts', async () => {
    await withCodexLab({}, async (lab) => {
      const server = await signedIn(lab)
      const promptIsSent = holdAnswers(lab)
      const thread = await server.startThread()
      const stop = new AbortController()
      const endings = server.notifications(['turn/completed'])
      const outcome = caught(collectTurn(await thread.startTurn('say hi', { signal: stop.signal })))
      await promptIsSent()
      stop.abort(new Error('enough'))
      expect(await outcome).toEqual(new Error('enough'))
      for await (const { params } of endings) {
        expect(params.turn.status).toBe('interrupted')
        break
      }
    })
  })

  it('is interrupted as soon as it may be, when that is asked for at once', async () => {
    await withCodexLab({}, async (lab) => {
      const server = await signedIn(lab)
      holdAnswers(lab)
      const turn = await (await server.startThread()).startTurn('say hi')
      await turn.interrupt()
      expect(await collectTurn(turn)).toMatchObject({ status: 'interrupted', text: '' })
    })
  })

  it.each([
    ['accept', /done/],
    ['decline', /rejected|denied|declined/i],
  ] as const)('asks before a command, and is told: %s', async (decision, said) => {
    await withCodexLab({ scenario: agent }, async (lab) => {
      await lab.home.writeAuth(await lab.emulator.issueTokens())
      const commands: unknown[] = []
      const server = await connectLab(
        lab,
        {
          handlers: {
            'item/commandExecution/requestApproval': async ({ command }) => {
              commands.push(command)
              return { decision }
            },
          },
        },
        shell,
      )
      const thread = await server.startThread({ model: 'gpt-5.5', approvalPolicy: 'on-request', sandbox: 'read-only' })
      const { text } = await collectTurn(await thread.startTurn('look'))
      expect(commands).toEqual([expect.stringContaining('touch made-by-the-agent')])
      expect(text).toMatch(said)
    })
  })
})

/** A program of its own that hosts the server. */
async function startHost(lab: CodexLab, wishes: object, environment: EnvironmentInput = {}): Promise<ChildProcess> {
  const options = await labOptions(lab, {}, environment)
  const host = spawn(process.execPath, [join(import.meta.dirname, 'app-server-host.mjs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {},
  })
  lab.defer(async () => void host.kill('SIGKILL'))
  host.stdin.end(JSON.stringify({ options, ...wishes }))
  const said = await Promise.race([once(host.stdout, 'data'), once(host, 'exit')])
  expect(String(said)).toBe('ready\n')
  return host
}

describe('a real app server that goes', () => {
  it('ends what waits for it, with the signal that killed it', async () => {
    await withCodexLab({}, async (lab) => {
      const server = await signedIn(lab)
      const promptIsSent = holdAnswers(lab)
      const turn = await (await server.startThread()).startTurn('say hi')
      const outcome = caughtAuthError(collectTurn(turn))
      await promptIsSent()
      for (const id of await processesOf(lab)) process.kill(id, 'SIGKILL')
      expect(await outcome).toMatchObject({ code: 'ERR_RPC_CLOSED', message: expect.stringContaining('SIGKILL') })
      expect(await server.ended).toBe(await outcome)
      expect((await caughtAuthError(server.account.read())).code).toBe('ERR_RPC_CLOSED')
    })
  })

  it('says its last words when it cannot start', async () => {
    await withCodexLab({}, async (lab) => {
      const options = await labOptions(lab)
      const transport = { ...options.transport, args: ['app-server', '--listen', 'nonsense://'] }
      const { code, message } = await caughtAuthError(connectLab(lab, { transport }))
      expect(code).toBe('ERR_RPC_CLOSED')
      expect(message).toMatch(/exit code \d.*Its last words: .*listen/)
    })
  })

  it('is gone within two seconds of a close, in the middle of a turn', async () => {
    await withCodexLab({}, async (lab) => {
      const server = await signedIn(lab)
      const promptIsSent = holdAnswers(lab)
      const turn = await (await server.startThread()).startTurn('say hi')
      await promptIsSent()
      const started = performance.now()
      await server.close()
      expect(performance.now() - started).toBeLessThan(2000)
      expect(await processesOf(lab)).toEqual([])
      expect(await toArray<TurnEvent>(turn)).not.toContainEqual(expect.objectContaining({ method: 'turn/completed' }))
    })
  })

  it('takes a command of the agent with it, when it is closed and when its host is killed', async () => {
    const call = { type: 'function_call', name: 'exec_command', arguments: { cmd: 'sleep 1000' } } as const
    await withCodexLab({ scenario: { answers: [{ answer: { items: [call] } }] } }, async (lab) => {
      await lab.home.writeAuth(await lab.emulator.issueTokens())
      const thread = { model: 'gpt-5.5', approvalPolicy: 'never', sandbox: 'danger-full-access' } as const
      const commandRuns = () =>
        vi.waitFor(async () => expect(await processesOf(lab, 'sleep')).not.toEqual([]), { timeout: 10_000 })

      const server = await connectLab(lab, {}, shell)
      await (await server.startThread(thread)).startTurn('look')
      await commandRuns()
      await server.close()
      expect(await processesOf(lab)).toEqual([])

      const host = await startHost(lab, { prompt: 'look', thread }, shell)
      await commandRuns()
      host.kill('SIGKILL')
      await vi.waitFor(async () => expect(await processesOf(lab)).toEqual([]), { timeout: 10_000 })
    })
  })

  it.each([false, true])('goes with a host that is killed (in the middle of a turn: %s)', async (isInTurn) => {
    await withCodexLab({}, async (lab) => {
      await lab.home.writeAuth(await lab.emulator.issueTokens())
      const promptIsSent = holdAnswers(lab)
      const host = await startHost(lab, { prompt: isInTurn ? 'say hi' : undefined })
      if (isInTurn) await promptIsSent()
      expect(await processesOf(lab)).toHaveLength(1)
      host.kill('SIGKILL')
      await once(host, 'exit')
      await vi.waitFor(async () => expect(await processesOf(lab)).toEqual([]), { timeout: 5000 })
    })
  })
})

import { Client, type ClientCapabilities, type ClientOptions } from '@modelcontextprotocol/client'
import { InMemoryTransport } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createMcpServerFactory } from '../../src/agent/mcp.js'
import { createHurryingClock } from '../support/hurrying-clock.js'
import { createAgentLab, type AgentLab } from './agent-lab.js'

const interval = 6000

interface ClientShape {
  readonly revision: 'modern' | 'legacy'
  readonly elicitation?: ClientCapabilities['elicitation']
  /** What the person does about an address. */
  readonly onUrl?: (request: { readonly url: string; readonly message: string }) => 'accept' | 'decline' | 'cancel'
}

/** The SDK's own client on one end of a pipe, our server on the other; everything that a model would read is shown to the canary. */
async function connect(lab: AgentLab, { revision, elicitation, onUrl }: ClientShape) {
  const [clientSide, serverSide] = InMemoryTransport.createLinkedPair()
  const handle = serveStdio(await createMcpServerFactory({ agent: lab.agent }), { transport: serverSide })
  const options: ClientOptions = {
    capabilities: elicitation ? { elicitation } : {},
    ...(revision === 'modern' && { versionNegotiation: { mode: { pin: '2026-07-28' } } }),
  }
  const client = new Client({ name: 'test', version: '1' }, options)
  const asked: { url: string; message: string }[] = []
  if (elicitation) {
    client.setRequestHandler('elicitation/create', ({ params }) => {
      if (params.mode !== 'url') throw new Error('A form was asked for.')
      asked.push({ url: params.url, message: params.message })
      return { action: onUrl?.(params) ?? 'cancel' }
    })
  }
  await client.connect(clientSide)
  onTestFinished(async () => {
    await client.close()
    await handle.close()
  })
  const call = async (name: string, given: Record<string, unknown> = {}, more: object = {}) => {
    const result = await client.callTool({ name, arguments: given }, more)
    lab.canary.show(`what ${name} gave`, result)
    return result
  }
  return { client, asked, call }
}

const revisions = ['modern', 'legacy'] as const

describe.each(revisions)('the MCP server with a %s client', (revision) => {
  it('offers eight tools, all hints set, in a stable order', async () => {
    const { client } = await connect(await createAgentLab(), { revision })
    const { tools } = await client.listTools()
    const table = tools.map(({ name, annotations: hints }) => [
      name,
      hints?.readOnlyHint,
      hints?.destructiveHint,
      hints?.idempotentHint,
      hints?.openWorldHint,
    ])
    expect(table).toEqual([
      ['chatgpt_auth_status', true, false, true, false],
      ['chatgpt_auth_start', false, false, true, true],
      ['chatgpt_auth_check', false, false, true, true],
      ['chatgpt_auth_cancel', false, false, true, false],
      ['chatgpt_auth_sign_out', false, true, true, true],
      ['chatgpt_models_list', true, false, true, true],
      ['chatgpt_usage_get', true, false, true, true],
      ['openai_oauth', false, true, false, true],
    ])
    expect(tools.every(({ outputSchema }) => outputSchema?.type === 'object')).toBe(true)
  })

  it('has a prompt for the person, and no more', async () => {
    const { client } = await connect(await createAgentLab(), { revision })
    const { prompts } = await client.listPrompts()
    expect(prompts.map(({ name }) => name)).toEqual(['sign_in_with_chatgpt'])
    const { messages } = await client.getPrompt({ name: 'sign_in_with_chatgpt' })
    expect(messages).toMatchObject([{ role: 'user', content: { type: 'text' } }])
  })

  it('signs in over the text fallback: code, check, models, usage, sign-out', async () => {
    const lab = await createAgentLab()
    const { call } = await connect(lab, { revision })
    expect(await call('chatgpt_auth_status')).toMatchObject({ structuredContent: { status: 'signed_out' } })
    const started = await call('chatgpt_auth_start')
    expect(started).toMatchObject({ structuredContent: { status: 'awaiting_user', nextAction: 'show_code' } })
    const { flowId, userCode, verificationUri } = started.structuredContent as Record<string, string>
    expect(started.content[1]).toMatchObject({
      type: 'text',
      text: expect.stringContaining(`\n  ${userCode}\n`),
      annotations: { audience: ['user'] },
    })
    expect(verificationUri).not.toContain(userCode)

    lab.emulator.approve(userCode ?? '')
    await lab.clock.advance(interval)
    expect(await call('chatgpt_auth_check', { flow_id: flowId })).toMatchObject({
      structuredContent: { status: 'signed_in', account: { email: 'a***@example.test' } },
    })
    expect(await call('chatgpt_models_list', { force: true })).toMatchObject({
      structuredContent: { status: 'models', source: 'network' },
    })
    expect(await call('chatgpt_usage_get')).toMatchObject({ structuredContent: { status: 'usage', source: 'cache' } })
    expect(await call('chatgpt_auth_sign_out')).toMatchObject({
      structuredContent: { status: 'signed_out', removed: true, revocation: 'revoked' },
    })
    expect(lab.canary.song()).toEqual([])
  })

  it('sends the person to the page where the client can, asks once, and waits in here', async () => {
    const lab = await createAgentLab({ clock: createHurryingClock() })
    const { call, asked } = await connect(lab, {
      revision,
      elicitation: { url: {} },
      onUrl: ({ message }) => {
        lab.emulator.approve(/code there: (\S+)\./.exec(message)?.[1] ?? '')
        return 'accept'
      },
    })
    expect(await call('chatgpt_auth_start')).toMatchObject({ structuredContent: { status: 'signed_in' } })
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatchObject({
      url: `${lab.emulator.issuer}/codex/device`,
      message: expect.stringContaining('Never share the code'),
    })
    expect(lab.canary.song()).toEqual([])
  })

  it('comes back after 45 seconds when nobody approves, having asked once', async () => {
    const lab = await createAgentLab({ clock: createHurryingClock() })
    const { call, asked } = await connect(lab, { revision, elicitation: { url: {} }, onUrl: () => 'accept' })
    const before = lab.clock.now()
    expect(await call('chatgpt_auth_start')).toMatchObject({
      structuredContent: { status: 'awaiting_user', nextAction: 'wait_for_user' },
    })
    expect(asked).toHaveLength(1)
    expect(lab.clock.now() - before).toBeLessThanOrEqual(45_000)
    expect(await call('chatgpt_auth_status')).toMatchObject({ structuredContent: { status: 'awaiting_user' } })
  })

  it.each(['decline', 'cancel'] as const)('calls it off when the person chooses to %s', async (action) => {
    const lab = await createAgentLab({ clock: createHurryingClock() })
    const { call } = await connect(lab, { revision, elicitation: { url: {} }, onUrl: () => action })
    expect(await call('chatgpt_auth_start')).toMatchObject({ structuredContent: { status: 'cancelled' } })
    expect(lab.count('device-token')).toBe(0)
  })

  it('asks a client for forms nothing', async () => {
    const lab = await createAgentLab()
    const { call, asked } = await connect(lab, { revision, elicitation: { form: {} } })
    expect(await call('chatgpt_auth_start')).toMatchObject({ structuredContent: { status: 'awaiting_user' } })
    expect(asked).toEqual([])
  })

  it('tells how the wait goes to a caller that wants to know', async () => {
    const lab = await createAgentLab({ clock: createHurryingClock() })
    const { call } = await connect(lab, { revision, elicitation: { url: {} }, onUrl: () => 'accept' })
    const values: number[] = []
    const onprogress = ({ progress, message }: { progress: number; message?: string }) => {
      // The client reports its own rounds in between.
      if (message?.startsWith('Waiting for the sign-in')) values.push(progress)
    }
    await call('chatgpt_auth_start', {}, { onprogress })
    expect(values.length).toBeGreaterThan(1)
    expect(values).toEqual(values.map((_, index) => index + 1))
  })

  it('answers failures as results with a next step', async () => {
    const lab = await createAgentLab()
    const { call } = await connect(lab, { revision })
    lab.emulator.faults.add({ endpoint: 'device-user-code', status: 404 })
    expect(await call('chatgpt_auth_start')).toMatchObject({
      isError: true,
      structuredContent: { status: 'error', code: 'device_login_disabled', nextAction: 'enable_device_login' },
    })
    expect(await call('chatgpt_auth_check')).toMatchObject({
      isError: true,
      structuredContent: { code: 'unknown_flow' },
    })
  })

  it('repeats nothing of what has no place in its input', async () => {
    const { call } = await connect(await createAgentLab(), { revision })
    const secret = 'sk-live-0123456789abcdefghijklmnop'
    const given: [string, object][] = [
      ['chatgpt_auth_check', { flow_id: secret }],
      ['chatgpt_auth_start', { token: secret }],
      ['openai_oauth', { action: 'poll', pending_id: secret }],
      ['openai_oauth', { action: secret }],
    ]
    for (const [name, input] of given) {
      const answer = await call(name, { ...input }).catch((error: unknown) => ({ isError: true, error: String(error) }))
      expect(answer.isError).toBe(true)
      expect(JSON.stringify(answer)).not.toContain(secret)
    }
  })

  it('serves the tool of the older skill too', async () => {
    const lab = await createAgentLab()
    const { call } = await connect(lab, { revision })
    expect(await call('openai_oauth', { action: 'status' })).toMatchObject({
      structuredContent: { ok: true, connected: false },
    })
    const started = await call('openai_oauth', { action: 'start' })
    const { user_code: code, pending_id: id } = started.structuredContent as Record<string, string>
    lab.emulator.approve(code ?? '')
    await lab.clock.advance(interval)
    expect(await call('openai_oauth', { action: 'poll', pending_id: id })).toMatchObject({
      structuredContent: { ok: true, status: 'connected' },
    })
    expect(await call('openai_oauth', { action: 'models', force: true })).toMatchObject({
      structuredContent: { ok: true, source: 'api' },
    })
    expect(lab.canary.song()).toEqual([])
  })

  it('brings the skill along', async () => {
    const { client } = await connect(await createAgentLab(), { revision })
    const { contents } = await client.readResource({ uri: 'skill://chatgpt-codex-onboarding/SKILL.md' })
    expect(JSON.stringify(contents)).toContain('chatgpt-codex-onboarding')
  })
})

it('takes no state that it did not sign', async () => {
  const lab = await createAgentLab()
  const { client } = await connect(lab, { revision: 'modern', elicitation: { url: {} }, onUrl: () => 'accept' })
  const forged = client.request({
    method: 'tools/call',
    params: {
      name: 'chatgpt_auth_start',
      arguments: {},
      requestState: 'v1.eyJwIjp7ImZsb3dJZCI6ImZsb3dfeCJ9fQ.AAAA',
      inputResponses: { sign_in: { action: 'accept' } },
    },
  } as never)
  await expect(forged).rejects.toThrow('Invalid or expired requestState')
  expect(lab.count('device-token')).toBe(0)
})

import {
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  inputResponse,
  type CallToolResult,
  type ClientCapabilities,
  type InputRequiredResult,
  type McpServer,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { failure } from './agent-failures.js'
import type { AgentResult } from './agent-result.js'
import type { Agent } from './create-agent.js'
import { toToolResult, warning } from './mcp-answers.js'

/** What travels through the client between the two halves of a start, signed. */
export interface StartState {
  readonly flowId: string
}

/** What a start works with. */
export interface StartParts {
  readonly agent: Agent
  readonly server: McpServer
  readonly codec: RequestStateCodec<StartState>
}

const requestKey = 'sign_in'

/**
 * Starts a sign-in. A client that can send its person to an address does so, once in a call, and the wait is in here; every other client gets
 * the address and the code to show.
 */
export async function startForClient(
  { agent, server, codec }: StartParts,
  switchAccount: boolean,
  context: ServerContext,
): Promise<CallToolResult | InputRequiredResult> {
  const answer = inputResponse(context.mcpReq.inputResponses, requestKey)
  if (answer.kind === 'elicit') return toToolResult(await resume(agent, answer.action, context))
  const started = await agent.start({ switchAccount })
  if (started.status !== 'awaiting_user' || !canOpenUrl(server, context)) return toToolResult(started)
  const { flowId, userCode, verificationUri } = started
  const message = `Sign in to ChatGPT on the page that opens, and type this code there: ${userCode}. ${warning}`
  return inputRequired({
    inputRequests: { [requestKey]: inputRequired.elicitUrl({ message, url: verificationUri }) },
    requestState: await codec.mint({ flowId }, context),
  })
}

/** Agreeing to open an address is not yet signing in; refusing to ends it. */
async function resume(
  agent: Agent,
  action: 'accept' | 'decline' | 'cancel',
  { mcpReq }: ServerContext,
): Promise<AgentResult> {
  const state = mcpReq.requestState<StartState>()
  if (!state) return failure('unknown_flow')
  const { flowId } = state
  if (action !== 'accept') return agent.cancel({ flowId })
  const report = createReport(mcpReq)
  return agent.wait({ flowId, signal: mcpReq.signal, onWaiting: report })
}

/** Progress, to callers that asked for it; its values have to grow. */
function createReport({ _meta: meta, notify }: ServerContext['mcpReq']): () => void {
  const progressToken = meta?.progressToken
  let progress = 0
  return () => {
    if (progressToken === undefined) return
    progress += 1
    const params = { progressToken, progress, message: 'Waiting for the sign-in to be approved.' }
    // A client that has gone away no longer wants to know.
    void notify({ method: 'notifications/progress', params }).catch(() => undefined)
  }
}

/** An empty `elicitation` means forms alone. Told with each request in the newer revision, once in the older. */
function canOpenUrl(server: McpServer, { mcpReq }: ServerContext): boolean {
  const envelope: { readonly [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities } = mcpReq.envelope ?? {}
  const told = envelope[CLIENT_CAPABILITIES_META_KEY]
  const capabilities = told ?? server.server.getClientCapabilities()
  return capabilities?.elicitation?.url !== undefined
}

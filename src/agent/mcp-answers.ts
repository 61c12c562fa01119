import type { CallToolResult } from '@modelcontextprotocol/server'
import type { AgentResult } from './agent-result.js'
import type { SkillResult } from './skill-result.js'

/** The result as data and as the same in text; what a person is to see comes besides, made by code and not by a model. */
export function toToolResult(result: AgentResult): CallToolResult {
  const display = result.status === 'awaiting_user' ? toDisplay(result.verificationUri, result.userCode) : undefined
  return {
    structuredContent: { ...result },
    content: [
      { type: 'text', text: JSON.stringify(result) },
      ...(display === undefined
        ? []
        : [{ type: 'text' as const, text: display, annotations: { audience: ['user' as const], priority: 1 } }]),
    ],
    ...(result.status === 'error' && { isError: true }),
  }
}

export function toSkillToolResult(result: SkillResult): CallToolResult {
  return {
    structuredContent: { ...result },
    content: [{ type: 'text', text: JSON.stringify(result) }],
    ...(!result.ok && { isError: true }),
  }
}

/** Address and code apart. */
function toDisplay(verificationUri: string, userCode: string): string {
  return `Open this address in your browser:\n  ${verificationUri}\nand type this code there:\n  ${userCode}\n${warning}`
}

/** What the issuer's own client says too. */
export const warning = 'Never share the code: device codes are a common phishing target.'

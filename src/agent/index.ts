/**
 * Signing in for agents: one engine with typed results, behind the skill, the tools and the MCP server.
 *
 * @module
 */
export { createAgent, type Agent } from './create-agent.js'
export { openAgent, type OpenAgentOptions } from './open-agent.js'
export { requireDeviceCodes } from './require-device-codes.js'
export type { AgentOptions } from './agent-parts.js'
export type { AgentDetails } from './agent-details.js'
export type { ReadOptions } from './agent-reads.js'
export type { FlowOptions, StartOptions } from './flow-steps.js'
export type { WaitOptions } from './wait-for-flow.js'
export type { WatchOptions } from './watch-models.js'
export type { ModelsChanged, ModelsListener } from './model-events.js'
export type { Disclosure } from './mask-account.js'
export {
  failureCodes,
  nextActions,
  type AgentAccount,
  type AgentEnd,
  type AgentFailure,
  type AgentFreshness,
  type AgentLimit,
  type AgentModels,
  type AgentResult,
  type AgentUsage,
  type AgentUsageRead,
  type AwaitingUser,
  type FailureCode,
  type NextAction,
  type SignedIn,
  type SignedOut,
} from './agent-result.js'
export {
  createSkill,
  modelPrefix,
  skillNames,
  toSkillFailure,
  type Skill,
  type SkillFailure,
  type SkillName,
  type SkillOptions,
  type SkillResult,
  type SkillStart,
  type SkillSuccess,
  type SkillTurn,
} from './skill.js'
export { serveMcp, type McpListener } from './serve-mcp.js'

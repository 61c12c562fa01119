/** A stand-in for OpenAI's auth server and for the ChatGPT backend, to test a program against without an account. */
export { accountKey, defaultAccount, type EmulatedAccount } from './accounts.js'
export { type CatalogueModel, defaultModels } from './backend/model-catalogue.js'
export {
  type AdditionalLimit,
  type AnswerItem,
  type BackendScenario,
  type Credits,
  defaultScenario,
  type Prompt,
  type ScriptedAnswer,
  type ScriptedExchange,
  type TokenUsage,
  type ToolOutput,
  type UsageLimit,
  type UsageScenario,
  type UsageWindow,
} from './backend/scenario.js'
export { writeCaFile } from './certificate-authority.js'
export { createEmulator } from './create-emulator.js'
export type { Emulator, EmulatorListener, IssuedTokens, IssueTokensOptions, ListenOptions } from './emulator.js'
export { type EndpointName, endpointNames } from './endpoints.js'
export { createFakeClock, type FakeClock } from './fake-clock.js'
export type { Fault, FaultHandle, FaultRequest, Faults } from './faults.js'
export type { EmulatorOptions, Lifetimes, ReuseMode } from './options.js'
export type { RefreshOutcome, RequestCounters, RequestLogEntry } from './request-log.js'
export { type RuleName, ruleNames } from './rules.js'
export { createSigningKey, type SigningKey } from './signing-key.js'
export type { EmulatedSession } from './sessions.js'
export type { EmulatedClient } from './siwc/client-book.js'
export { credentialStoreConformance, type StoreConformanceCase, type StoreUnderTest } from './store-conformance.js'

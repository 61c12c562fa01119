/**
 * "Sign in with ChatGPT": OpenAI's documented route for open-source and locally hosted programs, as a provider beside the Codex client's. Web
 * APIs only.
 *
 * @module
 */
export { createSiwcProvider, type SiwcProviderOptions } from './create-siwc-provider.js'
export { documented, manageUsageUrl } from './documented.js'
export { createHostId, parseHostId, type HostIdSource } from './host-id.js'
export {
  createMemoryRegistrations,
  type Registration,
  type RegistrationChange,
  type RegistrationStore,
} from './registration.js'
export { isPlanUsageEnabled } from './plan-permission.js'
export { assertGeneralAccessAllowed, type GeneralAccessApproval } from './general-access.js'
export {
  receiveTransfer,
  transferSignIn,
  type ToldTransfer,
  type TransferPlace,
  type TransferSource,
  type TransferTarget,
} from './transfer.js'
export { siwcAppServerEnv, type SiwcAppServerEnvironment } from './app-server-environment.js'
export { recordBackgroundConsent } from './background-consent.js'
export { shapeRequest, type RequestRules } from './request-rules.js'
export type { ToolPacking } from './tool-packing.js'

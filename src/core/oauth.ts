/**
 * The protocol's steps, each a pair: `xRequest` sends, `processXResponse` validates. For hosts that run a sign-in of their own; `planpass/sign-in`
 * is made of them.
 *
 * @module
 */
export { createPkce, createState, type Pkce } from './oauth/pkce.js'
export {
  authorizationCodeRequest,
  authorizeUrl,
  processAuthorizationCodeResponse,
  type AuthorizationGrant,
  type AuthorizeParameters,
} from './oauth/authorization-code.js'
export {
  devicePollRequest,
  processDevicePollResponse,
  processUserCodeResponse,
  userCodeRequest,
  type DeviceCode,
  type DevicePoll,
} from './oauth/device-code.js'
export { processRefreshResponse, refreshRequest, type RefreshGrant, type RefreshReason } from './oauth/refresh.js'
export { processRevocationResponse, revocationRequest, type RevocationGrant } from './oauth/revocation.js'
export { toCredential, type NewSignIn } from './new-credential.js'
export type { Transport } from './oauth/send.js'
export { awaitDeviceApproval, type PendingApproval } from './oauth/device-approval.js'

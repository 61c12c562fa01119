/**
 * Where credentials come from that are not kept alive here: a command, a broker, an export without a refresh token, a personal access token;
 * which of them is used; and the broker that serves others. A reader here can reach no token endpoint.
 *
 * @module
 */
export { exportAccessOnly, parseAccessDocument, type AccessGrant } from './access-document.js'
export { fromAccessOnly, type AccessOnlyOptions } from './access-only.js'
export { createBroker, createBrokerKey, type Broker, type BrokerOptions } from './broker.js'
export { fromBroker, type BrokerSourceOptions } from './broker-source.js'
export { fromCommand, type CommandSourceOptions } from './command.js'
export { listenBroker, type BrokerAddress, type BrokerListener } from './listen-broker.js'
export {
  chooseCredentialSource,
  type ChosenCredential,
  type CredentialCandidates,
  type CredentialEnvironment,
} from './choose-credential-source.js'
export { assertLoginAllowed, type LoginInUse, type LoginRestrictions } from './login-restrictions.js'
export {
  createPersonalAccessTokenSession,
  isPersonalAccessToken,
  type PersonalAccessTokenOptions,
  type PersonalAccessTokenSession,
  type PersonalAccessTokenStatus,
} from './personal-access-token.js'
export { processWhoamiResponse, whoamiRequest, type PersonalAccessTokenOwner } from './whoami.js'

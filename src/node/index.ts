/**
 * The defaults of a Node program, put together: the profile of `planpass login`, its storage, the network of the environment, and a sign-in on
 * this machine.
 *
 * @module
 */
export {
  createCodexAuthFileStore,
  type AuthFileTokens,
  type CodexAuthFileStore,
  type CodexAuthFileStoreOptions,
} from './codex-auth-file-store.js'
export { enablePlanUsage } from './enable-plan-usage.js'
export { createProfileProvider, type ProfileProviderOptions } from './profile-provider.js'
export { readProviderChoice, writeProviderChoice, type ProviderChoice } from './provider-choice.js'
export { createFileHostId, createFileRegistrations } from './siwc-files.js'
export { codexHomeOf, type StorageName } from './choose-storage.js'
export { firstProfile, readDefaultProfile, writeDefaultProfile } from './default-profile.js'
export { createLazyTransport, createLazyWire } from './lazy-transport.js'
export { openProfile, type Profile, type ProfileOptions } from './open-profile.js'
export { openSession, providerOf, type OpenSessionOptions } from './open-session.js'
export { variablesOf, type TargetEnvironment } from './process-environment.js'
export { homeFolder, profileFolder, profileNamePattern, type HomeVariables } from './profile-folder.js'
export { signIn, type SignedIn, type SignInOptions } from './sign-in.js'

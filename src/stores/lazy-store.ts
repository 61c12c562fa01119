import type { CredentialStore } from '../core/index.js'

/** A store whose code, and the packages it needs, are loaded when it is first used. */
export function createLazyStore(
  face: Pick<CredentialStore, 'kind' | 'describe'>,
  load: () => Promise<CredentialStore>,
): CredentialStore {
  let loading: Promise<CredentialStore> | undefined
  const store = () => (loading ??= load())
  return {
    ...face,
    read: async (options) => (await store()).read(options),
    update: async (change, options) => (await store()).update(change, options),
    revision: async () => (await store()).revision?.(),
    unfinishedIntent: async (tokenFingerprint) => (await store()).unfinishedIntent?.(tokenFingerprint),
  }
}

import type { ChangeContext, ChatgptCredential, CredentialStore } from '../../src/core/index.js'
import { gate } from '../../src/testing/store-expectations.js'

/** An update that holds its store's lock until the test lets it go on. */
export interface HeldStore {
  /** Lets it write the credential, after `before` has run under the lock. */
  write(credential: ChatgptCredential, before?: (context: ChangeContext) => Promise<void>): Promise<void>
}

/** Begins an update of the store; it holds the lock when this returns. */
export async function holdStore(store: CredentialStore): Promise<HeldStore> {
  const [isHeld, open] = gate()
  const [mayEnd, end] = gate()
  let ending: { credential: ChatgptCredential; before?: ((context: ChangeContext) => Promise<void>) | undefined }
  const updating = store.update(async (_, context) => {
    open()
    await mayEnd
    await ending.before?.(context)
    return { write: ending.credential, result: undefined }
  })
  await Promise.race([isHeld, updating])
  return {
    write: (credential, before) => {
      ending = { credential, before }
      end()
      return updating
    },
  }
}

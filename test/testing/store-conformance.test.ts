import { describe, expect, it } from 'vitest'
import { AuthError, createMemoryStore, type Credential, type CredentialStore } from '../../src/core/index.js'
import { credentialStoreConformance, type StoreUnderTest } from '../../src/testing/index.js'

/** The names of the cases that a store fails. */
async function failedBy(make: () => StoreUnderTest): Promise<string[]> {
  const failed: string[] = []
  for (const { name, run } of credentialStoreConformance) {
    await run(async () => make()).catch(() => failed.push(name))
  }
  return failed
}

/** A store in memory with some of its members replaced, and the documents that were planted in it. */
function storeWith(breakIt: (honest: CredentialStore) => Partial<CredentialStore>) {
  return (): StoreUnderTest => {
    const honest = createMemoryStore()
    const store = { ...honest, ...breakIt(honest) }
    return { store, reopen: async () => store, dispose: async () => {} }
  }
}

const plantCases = credentialStoreConformance.filter(({ needsPlant }) => needsPlant).map(({ name }) => name)

describe('the conformance suite', () => {
  it('refuses the cases that need a planted document, and no other, where nobody can plant one', async () => {
    expect(await failedBy(storeWith(() => ({})))).toEqual(plantCases)
  })

  it.each<[string, (honest: CredentialStore) => Partial<CredentialStore>, string]>([
    [
      'forgets what is written',
      () => ({ read: async () => undefined }),
      'gives back what was written, members it does not know included',
    ],
    [
      'drops what it does not know',
      (honest) => ({ read: async () => withoutDocument(await honest.read()) }),
      'gives back what was written, members it does not know included',
    ],
    [
      'takes no turns',
      (honest) => ({ update: async (change) => (await change(await honest.read(), { announce })).result }),
      'lets parallel updates take turns',
    ],
    [
      'runs a change that nobody wants any more',
      (honest) => ({ update: (change) => honest.update(change) }),
      'does not run a change whose signal has aborted',
    ],
    [
      'wraps what a change throws',
      (honest) => ({
        update: (change) =>
          honest.update(change).catch((cause: unknown) => {
            throw new AuthError('ERR_STORE_WRITE', 'It failed.', { cause })
          }),
      }),
      'leaves everything as it was when a change throws, and throws the same',
    ],
    [
      'says a token when asked what it is',
      () => ({ describe: () => 'a store with refresh-token-first in it' }),
      'describes itself for people, and says nothing secret',
    ],
    [
      'has one revision for ever',
      () => ({ revision: async () => 'always' }),
      'has another revision after every change, if it has any',
    ],
  ])('finds a store that %s', async (_, breakIt, name) => {
    expect(await failedBy(storeWith(breakIt))).toContain(name)
  })

  it('disposes of each store it made, passed or failed', async () => {
    let [made, disposed] = [0, 0]
    await failedBy(() => {
      made += 1
      return { ...storeWith(() => ({ read: async () => undefined }))(), dispose: async () => void (disposed += 1) }
    })
    expect(made).toBe(credentialStoreConformance.length)
    expect(disposed).toBe(made)
  })
})

async function announce(): Promise<void> {}

function withoutDocument(credential: Credential | undefined): Credential | undefined {
  if (!credential) return undefined
  const { document: _, ...rest } = credential
  return rest
}

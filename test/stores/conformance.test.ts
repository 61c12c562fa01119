import { describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../src/core/index.js'
import { credentialStoreConformance, type StoreUnderTest } from '../../src/testing/index.js'

const makers: Record<string, () => Promise<StoreUnderTest>> = {
  'the memory store': async () => {
    const store = createMemoryStore()
    return { store, reopen: async () => store, dispose: async () => {} }
  },
}

describe.each(Object.entries(makers))('%s', (name, make) => {
  const cases = credentialStoreConformance.filter(({ needsPlant }) => !needsPlant || name !== 'the memory store')
  it.each(cases)('$name', ({ run }) => expect(run(make)).resolves.toBeUndefined())
})

import { describe, expect, it } from 'vitest'
import { createFileRegistrations } from '../../src/node/index.js'
import { createMemoryRegistrations, type Registration, type RegistrationStore } from '../../src/siwc/index.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const registration: Registration = { issuer: 'https://issuer.test', clientId: 'client', state: 'connected' }

/** Two that share what they store, as two processes do. */
const kinds: [string, () => Promise<[RegistrationStore, RegistrationStore]>][] = [
  [
    'in memory',
    async () => {
      const store = createMemoryRegistrations()
      return [store, store]
    },
  ],
  [
    'in a file',
    async () => {
      const folder = await temporaryFolder()
      return [createFileRegistrations(folder), createFileRegistrations(folder)]
    },
  ],
]

describe.each(kinds)('a registration %s', (_kind, open) => {
  it('loses no change of those that are made at once', async () => {
    const stores = await open()
    await stores[0].update(() => registration)
    const count = (store: RegistrationStore) =>
      store.update((known) => known && { ...known, backgroundConsentAtMs: (known.backgroundConsentAtMs ?? 0) + 1 })
    await Promise.all(stores.flatMap((store) => Array.from({ length: 10 }, () => count(store))))
    expect(await stores[1].read()).toEqual({ ...registration, backgroundConsentAtMs: 20 })
  })

  it('stays as it is where nothing comes of a change', async () => {
    const [store] = await open()
    expect(await store.update((known) => known)).toBeUndefined()
    expect(await store.update(() => registration)).toEqual(registration)
    expect(await store.update(() => undefined)).toEqual(registration)
    const refusing = store.update(() => {
      throw new Error('not this one')
    })
    await expect(refusing).rejects.toThrow('not this one')
    expect(await store.read()).toEqual(registration)
  })
})

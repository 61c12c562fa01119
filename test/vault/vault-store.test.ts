import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPostgresDriver, type Vault, type VaultOwner } from '../../src/vault/index.js'
import { sealEnvelope } from '../../src/vault/envelope.js'
import { credentialStoreConformance } from '../../src/testing/index.js'
import { keys, startVaultLab, type VaultLab } from './vault-lab.js'

let lab: VaultLab
let viaPg: Vault
let viaPostgres: Vault
let client: postgres.Sql
let owners = 0

beforeAll(async () => {
  lab = await startVaultLab()
  client = postgres({ ...lab.application, max: 10, onnotice: () => {} })
  viaPg = await lab.open()
  viaPostgres = await lab.open({ driver: createPostgresDriver(client) })
})

afterAll(async () => {
  await viaPostgres.close()
  await client.end()
  await lab.dispose()
})

const nextOwner = (): VaultOwner => ({ tenant: 'acme', user: `user ${(owners += 1)}` })

/** As a row that this vault wrote, with any text in it. */
async function plant(owner: VaultOwner, document: string): Promise<void> {
  const { keyId, wrappedKey, sealed } = await sealEnvelope(keys, document, { ...owner, mark: '1' })
  await lab.superuser.query(
    `INSERT INTO planpass.credentials (tenant, user_id, generation, key_id, wrapped_key, sealed, issuer)
     VALUES ($1, $2, 1, $3, $4, $5, '')`,
    [owner.tenant, owner.user, keyId, wrappedKey, sealed],
  )
}

describe.each([
  ['pg', () => [viaPg, viaPostgres] as const],
  ['postgres', () => [viaPostgres, viaPg] as const],
])('a vault store over %s', (_driver, vaults) => {
  it.each(credentialStoreConformance)('$name', async ({ run }) => {
    const [vault, other] = vaults()
    const make = async () => {
      const owner = nextOwner()
      return {
        store: vault.store(owner),
        reopen: async () => other.store(owner),
        plant: (document: string) => plant(owner, document),
        dispose: async () => {},
      }
    }
    await expect(run(make)).resolves.toBeUndefined()
  })
})

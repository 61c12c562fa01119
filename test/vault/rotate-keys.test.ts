import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret, type ChatgptCredential } from '../../src/core/index.js'
import { createEmulator } from '../../src/testing/index.js'
import { createLocalKey, createLocalKeys, rotateKeys } from '../../src/vault/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { credentialFrom } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'
import { keyText, startVaultLab, type VaultLab } from './vault-lab.js'

let lab: VaultLab
let write: ChatgptCredential
const secondText = createLocalKey('second')
const both = createLocalKeys(new Secret(`${secondText}\n${keyText}`))
const ownerOf = (index: number) => ({ tenant: `tenant ${index % 2}`, user: `user ${String(index).padStart(4, '0')}` })

beforeAll(async () => {
  lab = await startVaultLab()
  write = await credentialFrom(createEmulator({ signingKey }))
})
afterAll(() => lab.dispose())

describe('a rotation of keys', () => {
  it('is not begun with two keys of one name, of which one would be taken for both', async () => {
    const twice = new Secret(`${createLocalKey('2026-11-21')}\n${createLocalKey('2026-11-21')}`)
    const { code, message } = await caughtAuthError(() => createLocalKeys(twice))
    expect({ code, message }).toEqual({
      code: 'ERR_CONFIG_USAGE',
      message: expect.stringContaining('2026-11-21') as string,
    })
  })

  it('is prepared by an instance that has the new key behind the old one, and only then writes with it', async () => {
    const [unprepared, writer] = await Promise.all([lab.open(), lab.open({ keys: both })])
    const prepared = await lab.open({ keys: createLocalKeys(new Secret(`${keyText}\n${secondText}`)) })
    const owner = { tenant: 'rolling', user: 'ada' }
    await writer.store(owner).update(async () => ({ write, result: undefined }))
    expect(await caughtCode(unprepared.store(owner).read())).toBe('ERR_STORE_DECRYPT')
    expect(await prepared.store(owner).read()).toMatchObject({ mode: 'chatgpt' })
    await writer.store(owner).update(async () => ({ remove: true, result: undefined }))
  })

  it('wraps all that can be opened, over more than a batch, and says in the end what could not', async () => {
    const vault = await lab.open({ keys: both })
    const old = await lab.open()
    const put = (index: number) =>
      old.store(ownerOf(index)).update(async () => ({ write, result: undefined }), { replaceCorrupt: true })
    await Promise.all(Array.from({ length: 25 }, (_, index) => put(index)))
    await lab.superuser.query(`UPDATE planpass.credentials SET wrapped_key = 'broken' WHERE user_id = 'user 0003'`)
    const error = await caughtAuthError(rotateKeys(vault, undefined, 10))
    expect(error.code).toBe('ERR_STORE_DECRYPT')
    expect(error.message).toContain('1 credentials could not be opened')
    const { rows } = await lab.superuser.query(
      `SELECT key_id, count(*) FROM planpass.credentials GROUP BY 1 ORDER BY 1`,
    )
    expect(rows).toEqual([
      { key_id: 'first', count: '1' },
      { key_id: 'second', count: '24' },
    ])
    const withoutOld = await lab.open({ keys: createLocalKeys(new Secret(secondText)) })
    expect(await withoutOld.store(ownerOf(2)).read()).toMatchObject({ mode: 'chatgpt' })
    await put(3)
    expect(await rotateKeys(vault, undefined, 10)).toBe(1)
    expect(await vault.store(ownerOf(3)).read()).toMatchObject({ mode: 'chatgpt' })
  })
})

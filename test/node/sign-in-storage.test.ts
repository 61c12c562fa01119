import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryStore } from '../../src/core/index.js'
import { openProfile, openSession, type SignInOptions } from '../../src/node/index.js'
import { createSystemKeyring } from '../../src/stores/system-keyring.js'
import { defaultAccount } from '../../src/testing/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { sayings, type FakeKeyring } from '../support/fake-keyring.js'
import { bob, nobody, nodeLab, readAuth, states } from './node-lab.js'

vi.mock('../../src/stores/system-keyring.js', async () => {
  const { createFakeKeyring } = await import('../support/fake-keyring.js')
  const keyring = createFakeKeyring()
  return { createSystemKeyring: () => keyring }
})

const keyring = createSystemKeyring() as FakeKeyring

beforeEach(() => {
  keyring.entries.clear()
  keyring.misbehave({})
})

const passphrase = { PLANPASS_PASSPHRASE: 'correct horse battery staple' }

describe('the storage of a sign-in', () => {
  it.each([
    ['file', 'file', ['default', 'default/auth.json']],
    ['encrypted', 'encrypted-file', ['default', 'default/auth.encrypted.json', 'default/storage.json']],
    ['keyring', 'keyring', ['default', 'default/keyring.json', 'default/storage.json']],
    ['codex', 'codex', ['default', 'default/storage.json']],
  ] as const)('may be %s, where the next session finds it', async (storage, kind, files) => {
    const lab = await nodeLab(passphrase)
    expect(await lab.signIn({ storage })).toMatchObject({ flow: 'device', storage: kind, isPersisted: true })
    expect(await lab.files()).toEqual(expect.arrayContaining([...files]))
    const session = openSession(lab.common)
    expect(await session.status()).toMatchObject({ state: 'valid', email: defaultAccount.email })
    expect(await lab.signIn({ screen: nobody })).toMatchObject({ flow: 'stored', storage: kind })
  })

  it('is encrypted with a key from the keyring when there is no passphrase', async () => {
    const lab = await nodeLab()
    expect(await lab.signIn({ storage: 'encrypted' })).toMatchObject({ storage: 'encrypted-file' })
    expect(keyring.entries.size).toBe(1)
    expect(await readFile(join(lab.home, 'default/storage.json'), 'utf8')).toContain('encrypted-file:keyring')
  })

  it('is the file of the Codex CLI with the name of it', async () => {
    const lab = await nodeLab()
    await lab.signIn({ storage: 'codex' })
    expect(await readAuth(join(lab.codexHome, 'auth.json'))).toMatchObject({ auth_mode: 'chatgpt' })
  })

  it('is in no file with `memory`, also where somebody is signed in in one', async () => {
    const lab = await nodeLab()
    expect(await lab.signIn({ storage: 'memory' })).toMatchObject({ storage: 'memory', isPersisted: false })
    expect(await lab.files()).toEqual([])
    await lab.signIn()
    const before = await readAuth(join(lab.home, 'default/auth.json'))
    const { flow, session } = await lab.signIn({ storage: 'memory' })
    await session.refresh()
    expect(flow).toBe('device')
    expect(await readAuth(join(lab.home, 'default/auth.json'))).toEqual(before)
    await session.signOut()
    expect(states(lab).slice(1)).toEqual(['live', 'revoked'])
  })

  it('may be a store of the host', async () => {
    const lab = await nodeLab()
    const store = createMemoryStore()
    await lab.signIn({ storage: store })
    expect(await store.read()).toMatchObject({ mode: 'chatgpt', accountId: defaultAccount.accountId })
    expect(await lab.signIn({ storage: store, screen: nobody })).toMatchObject({ flow: 'stored' })
    expect(await lab.files()).toEqual([])
  })

  it('is each profile’s own', async () => {
    const lab = await nodeLab()
    await lab.signIn()
    await lab.signIn({ profile: 'work', account: bob })
    const emails = [undefined, 'work'].map(
      async (profile) => (await openSession({ ...lab.common, profile }).status()).email,
    )
    expect(await Promise.all(emails)).toEqual([defaultAccount.email, bob.email])
  })

  it.each(['keyring', 'encrypted'] as const)(
    'is said to be out of reach, and no sign-in is left over: %s',
    async (storage) => {
      const lab = await nodeLab()
      const unreachable = () => Promise.reject(new Error(sayings.noBus))
      keyring.misbehave({ getPassword: unreachable, setPassword: unreachable })
      const error = await caughtAuthError(lab.signIn({ storage }))
      expect(error.code).toMatch(/^ERR_STORE_/)
      expect(error.message).toMatch(/D-Bus|keyring/)
      expect(states(lab)).toEqual([])
      expect(await lab.files()).not.toContain('default/storage.json')
    },
  )
})

describe('another storage for a profile', () => {
  it('changes nothing when it is out of reach', async () => {
    const lab = await nodeLab()
    await lab.signIn()
    keyring.misbehave({ getPassword: () => Promise.reject(new Error(sayings.noBus)) })
    await caughtAuthError(lab.signIn({ storage: 'keyring', expect: { mayReplace: true } }))
    expect(openProfile({ environment: lab.environment }).storage).toEqual({ storage: 'file' })
    expect(await openSession(lab.common).status()).toMatchObject({ state: 'valid' })
    expect(states(lab)).not.toContain('revoked')
  })

  it('moves the sign-in when that is asked for, is remembered, and ends the old one', async () => {
    const lab = await nodeLab(passphrase)
    await lab.signIn()
    await lab.signIn({ storage: 'encrypted', expect: { mayReplace: true } })
    expect(states(lab)).toEqual(['revoked', 'live'])
    expect(await lab.files()).not.toContain('default/auth.json')
    expect(openProfile({ environment: lab.environment }).storage).toEqual({ storage: 'encrypted-file:passphrase' })
    expect(await openSession(lab.common).status()).toMatchObject({ state: 'valid' })
  })

  it('is no reason to ask somebody who is signed in', async () => {
    const lab = await nodeLab(passphrase)
    await lab.signIn()
    const { flow, storage, session } = await lab.signIn({ storage: 'encrypted', screen: nobody })
    expect({ flow, storage }).toEqual({ flow: 'stored', storage: 'file' })
    expect(await session.status()).toMatchObject({ state: 'valid' })
    expect(openProfile({ environment: lab.environment }).storage).toEqual({ storage: 'file' })
  })

  it('is not asked for where somebody is signed in already, as in the Codex CLI', async () => {
    const lab = await nodeLab()
    await lab.signIn({ profile: 'other', storage: 'codex' })
    const { flow, storage, session } = await lab.signIn({ storage: 'codex', screen: nobody })
    expect({ flow, storage }).toEqual({ flow: 'stored', storage: 'codex' })
    expect(await session.status()).toMatchObject({ state: 'valid' })
    expect(openProfile({ environment: lab.environment }).storage).toEqual({
      storage: 'codex',
      codexHome: lab.codexHome,
    })
    expect(states(lab)).toEqual(['live'])
  })

  it('leaves the Codex CLI signed in when a profile no longer shares its sign-in', async () => {
    const lab = await nodeLab()
    await lab.signIn({ storage: 'codex' })
    await lab.signIn({ storage: 'file', expect: { mayReplace: true } })
    expect(openProfile({ environment: lab.environment }).storage).toEqual({ storage: 'file' })
    expect(await readAuth(join(lab.codexHome, 'auth.json'))).toMatchObject({ auth_mode: 'chatgpt' })
    expect(states(lab)).toEqual(['live', 'live'])
  })

  it('warns when the old sign-in could not be ended, which costs nothing', async () => {
    const lab = await nodeLab(passphrase)
    await lab.signIn()
    lab.emulator.faults.add({ endpoint: 'revoke', status: 503 })
    const { warnings, session } = await lab.signIn({ storage: 'encrypted', expect: { mayReplace: true } })
    expect(warnings).toEqual([expect.stringContaining('could not be revoked')])
    expect(await session.status()).toMatchObject({ state: 'valid' })
  })

  it('that cannot be remembered leaves no sign-in where nobody would find it', async () => {
    const lab = await nodeLab()
    const showDeviceCode: SignInOptions['screen']['showDeviceCode'] = async ({ userCode }) => {
      await mkdir(join(lab.home, 'default/storage.json'), { recursive: true })
      lab.emulator.approve(userCode)
    }
    expect(await caughtCode(lab.signIn({ storage: 'codex', screen: { showDeviceCode } }))).toBe('ERR_STORE_WRITE')
    expect(states(lab)).toEqual(['revoked'])
    expect(await readdir(lab.codexHome)).not.toContain('auth.json')
  })
})

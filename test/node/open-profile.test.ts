import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openProfile, writeDefaultProfile } from '../../src/node/index.js'
import { caughtCode } from '../support/caught.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const placeOf = (home: string) => ({ variables: { PLANPASS_HOME: home } })

describe('a profile', () => {
  it('is `default` in a file when nobody said anything, and opening it makes nothing', async () => {
    const folder = await temporaryFolder()
    const home = join(folder, 'home')
    const { store, ...profile } = openProfile({ environment: placeOf(home) })
    expect(profile).toMatchObject({
      name: 'default',
      folder: join(home, 'default'),
      cacheFolder: join(home, 'default/cache'),
      storage: { storage: 'file' },
      authFile: join(home, 'default/auth.json'),
    })
    expect(store.describe()).toBe(join(home, 'default/auth.json'))
    expect(await store.read()).toBeUndefined()
    expect(await readdir(folder)).toEqual([])
  })

  it('is the one that was remembered, or the one that is named', async () => {
    const home = await temporaryFolder()
    await writeDefaultProfile(home, 'work')
    expect(openProfile({ environment: placeOf(home) }).name).toBe('work')
    expect(openProfile({ environment: placeOf(home), profile: 'play' }).folder).toBe(join(home, 'play'))
  })

  it.each([
    [{ PLANPASS_HOME: '/p', XDG_CONFIG_HOME: '/x', HOME: '/h' }, '/p/default'],
    [{ XDG_CONFIG_HOME: '/x', HOME: '/h' }, '/x/planpass/default'],
    [{ HOME: '/h' }, '/h/.config/planpass/default'],
    [{ USERPROFILE: '/u' }, '/u/.config/planpass/default'],
  ])('lies, by %j, in %s', (variables, folder) => {
    expect(openProfile({ environment: { variables } }).folder).toBe(folder)
  })

  it('starts a relative home where the other process runs', () => {
    const variables = { PLANPASS_HOME: 'profiles' }
    expect(openProfile({ environment: { variables, cwd: '/project' } }).folder).toBe('/project/profiles/default')
  })

  it.each([
    [{ storage: 'encrypted-file:passphrase' }, 'encrypted-file', 'auth.encrypted.json'],
    [{ storage: 'keyring', account: 'account-1' }, 'keyring', 'keyring.json'],
    [{ storage: 'codex', codexHome: '/home/ada/.codex' }, 'codex', '/home/ada/.codex/auth.json'],
  ] as const)('is kept as was chosen at its sign-in: %j', async (storage, kind, file) => {
    const home = await temporaryFolder()
    await mkdir(join(home, 'default'))
    await writeFile(join(home, 'default/storage.json'), JSON.stringify(storage))
    const profile = openProfile({ environment: placeOf(home) })
    expect(profile.storage).toEqual(storage)
    expect(profile.store.kind).toBe(kind)
    expect(profile.authFile.endsWith(file)).toBe(true)
  })

  it.each(['', '..', 'a/b', 'config.json', ' x'])('may not be called %j', async (profile) => {
    expect(await caughtCode(() => openProfile({ environment: placeOf('/nowhere'), profile }))).toBe('ERR_CONFIG_USAGE')
  })

  it('is no other one when what was chosen cannot be read', async () => {
    const home = await temporaryFolder()
    await mkdir(join(home, 'default'))
    await writeFile(join(home, 'default/storage.json'), '{"storage": "cloud"}')
    expect(await caughtCode(() => openProfile({ environment: placeOf(home) }))).toBe('ERR_STORE_READ')
  })
})

import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readChosenStorage, writeChosenStorage, type ChosenStorage } from '../../src/stores/chosen-storage.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { temporaryFolder } from '../support/temporary-folder.js'

describe('the chosen storage of a profile', () => {
  it('is none as long as nobody chose', async () => {
    expect(readChosenStorage(await temporaryFolder())).toBeUndefined()
  })

  it.each<ChosenStorage>([
    { storage: 'file' },
    { storage: 'encrypted-file:passphrase' },
    { storage: 'encrypted-file:keyring', account: 'entry-1' },
    { storage: 'keyring', account: 'entry-1' },
    { storage: 'codex', codexHome: '/home/ada/.codex' },
  ])('is remembered: $storage', async (chosen) => {
    const folder = join(await temporaryFolder(), 'new', 'profile')
    await writeChosenStorage(folder, chosen)
    expect(readChosenStorage(folder)).toEqual(chosen)
  })

  it('is the last one chosen, in a file of its owner alone', async () => {
    const folder = await temporaryFolder()
    await writeChosenStorage(folder, { storage: 'keyring', account: 'entry-1' })
    await writeChosenStorage(folder, { storage: 'file' })
    expect(await readFile(join(folder, 'storage.json'), 'utf8')).toBe('{\n  "storage": "file"\n}')
    expect((await stat(join(folder, 'storage.json'))).mode & 0o777).toBe(0o600)
  })

  it.each([['{"storage":"cloud"}'], ['{"storage":"keyring"}'], ['{"storage":"codex"}'], ['{"storage":'], ['[]'], ['']])(
    'is an error when it says %s',
    async (text) => {
      const folder = await temporaryFolder()
      await writeFile(join(folder, 'storage.json'), text)
      const error = await caughtAuthError(() => readChosenStorage(folder))
      expect(error.code).toBe('ERR_STORE_READ')
      expect(error.advice).toContain('encrypted-file:keyring')
    },
  )

  it('is an error when it cannot be read or written', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'storage.json'))
    expect(await caughtCode(() => readChosenStorage(folder))).toBe('ERR_STORE_READ')
    expect(await caughtCode(writeChosenStorage(folder, { storage: 'file' }))).toBe('ERR_STORE_WRITE')
  })
})

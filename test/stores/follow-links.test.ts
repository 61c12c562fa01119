import { mkdir, readFile, readlink, realpath, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createFileStore } from '../../src/stores/file.js'
import { followLinks } from '../../src/stores/follow-links.js'
import { authText } from '../support/auth-document.js'
import { caught } from '../support/caught.js'
import { parseChatgpt } from '../support/signed-in.js'
import { temporaryFolder } from '../support/temporary-folder.js'

it('finds the file behind links that lead nowhere yet, link by link and folder by folder', async () => {
  const folder = await realpath(await temporaryFolder())
  await symlink('two', join(folder, 'one'))
  await symlink(join('not yet', 'auth.json'), join(folder, 'two'))
  expect(await followLinks(join(folder, 'one'))).toBe(join(folder, 'not yet', 'auth.json'))
  await mkdir(join(folder, 'real'))
  await symlink('real', join(folder, 'linked'))
  expect(await followLinks(join(folder, 'linked', 'auth.json'))).toBe(join(folder, 'real', 'auth.json'))
})

it('does not follow in circles', async () => {
  const folder = await temporaryFolder()
  await symlink('b', join(folder, 'a'))
  await symlink('a', join(folder, 'b'))
  expect(await caught(followLinks(join(folder, 'a')))).toMatchObject({ code: 'ELOOP' })
})

it('makes a sign-in through a link that leads nowhere yet make the file it names', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'auth.json')
  await symlink(join('elsewhere', 'auth.json'), path)
  const write = parseChatgpt(authText())
  await createFileStore(path).update(async () => ({ write, result: undefined }))
  expect(await readlink(path)).toBe(join('elsewhere', 'auth.json'))
  expect(await readFile(join(folder, 'elsewhere', 'auth.json'), 'utf8')).toBe(authText())
})

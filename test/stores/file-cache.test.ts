import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RefreshVerdict } from '../../src/core/index.js'
import { createFileCache, createFileVerdicts } from '../../src/stores/index.js'
import { temporaryFolder } from '../support/temporary-folder.js'

describe('a file cache', () => {
  it('keeps a text under its name', async () => {
    const folder = join(await temporaryFolder(), 'cache')
    await createFileCache(folder).write('models', '{"a":1}')
    expect(await createFileCache(folder).read('models')).toBe('{"a":1}')
    expect(await createFileCache(folder).read('usage')).toBeUndefined()
  })

  it('never fails: what cannot be written is not there', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'blocked'), '')
    const cache = createFileCache(join(folder, 'blocked'))
    await expect(cache.write('models', '{}')).resolves.toBeUndefined()
    expect(await cache.read('models')).toBeUndefined()
    await mkdir(join(folder, 'usage.json'))
    await expect(createFileCache(folder).write('usage', '{}')).resolves.toBeUndefined()
    expect((await readdir(folder)).toSorted()).toEqual(['blocked', 'usage.json'])
  })
})

describe('file verdicts', () => {
  const verdict: RefreshVerdict = { code: 'ERR_TOKEN_REFRESH_REUSED', atMs: 1_767_225_600_000 }

  it('are recalled by another process', async () => {
    const folder = join(await temporaryFolder(), 'profile')
    await createFileVerdicts(folder).remember('0123456789abcdef', verdict)
    expect(await createFileVerdicts(folder).recall('0123456789abcdef')).toEqual(verdict)
    expect(await createFileVerdicts(folder).recall('fedcba9876543210')).toBeUndefined()
  })

  it('are the latest sixteen', async () => {
    const folder = await temporaryFolder()
    const verdicts = createFileVerdicts(folder)
    for (let round = 10; round < 30; round += 1) await verdicts.remember(`fingerprint-${round}`, verdict)
    const stored = JSON.parse(await readFile(join(folder, 'refresh-verdicts.json'), 'utf8')) as object
    expect(Object.keys(stored)).toEqual(Array.from({ length: 16 }, (_, index) => `fingerprint-${index + 14}`))
  })

  it.each([
    ['nonsense', 'nonsense'],
    ['a list', '[]'],
    ['a verdict without a time', '{"x":{"code":"ERR_TOKEN_REFRESH_REUSED"}}'],
    ['a verdict of an unknown code', '{"x":{"code":"ERR_SOMETHING","atMs":1}}'],
    ['a verdict of the object prototype', '{"x":{"code":"constructor","atMs":1}}'],
    ['a verdict that is text', '{"x":"dead"}'],
  ])('are none in a file of %s, which the next one replaces', async (_, text) => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'refresh-verdicts.json'), text)
    const verdicts = createFileVerdicts(folder)
    expect(await verdicts.recall('x')).toBeUndefined()
    await verdicts.remember('y', verdict)
    expect(await verdicts.recall('y')).toEqual(verdict)
  })
})

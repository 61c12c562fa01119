import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseLines, withCliLab } from '../support/cli-lab.js'
import { expectFailure } from '../support/expect-failure.js'

describe('planpass keys', () => {
  it('shows a key once, and keeps only a digest of it, for its owner alone', async () => {
    await withCliLab({}, async ({ run, home }) => {
      const { exitCode, stdout } = await run(['keys', 'add', 'editor'])
      const key = stdout.trim()
      expect({ exitCode, key }).toEqual({ exitCode: 0, key: expect.stringMatching(/^ppk_[\w-]{43}$/) })
      const folder = join(home, '.gateway/keys')
      expect(await readdir(folder)).toEqual(['editor.key'])
      const file = join(folder, 'editor.key')
      expect(await readFile(file, 'utf8')).not.toContain(key.slice(4, 20))
      expect((await stat(file)).mode & 0o077).toBe(0)
      expect((await run(['keys', 'list'])).stdout).toContain('editor')
    })
  })

  it('tells what a key may do, as JSON too', async () => {
    await withCliLab({}, async ({ run }) => {
      const added = await run(['keys', 'add', 'ci', '--models', 'a,b', '--daily-tokens', '5000', '--json'])
      expect(parseLines(added.stdout)[0]).toMatchObject({ name: 'ci', models: ['a', 'b'], dailyTokens: 5000 })
      expect((await run(['keys'])).stdout).toContain('a, b; 5000 tokens a day')
      const { stdout } = await run(['keys', 'list', '--json'])
      expect(parseLines(stdout)).toEqual([
        { keys: [{ name: 'ci', createdAt: expect.any(String), models: ['a', 'b'], dailyTokens: 5000 }] },
      ])
    })
  })

  it('forgets a key that is revoked, and says when there is none', async () => {
    await withCliLab({}, async ({ run }) => {
      await run(['keys', 'add', 'editor'])
      expect((await run(['keys', 'revoke', 'editor'])).exitCode).toBe(0)
      expect((await run(['keys', 'list'])).stdout).toBe('')
      expectFailure(await run(['keys', 'revoke', 'editor']), 2, 'ERR_CONFIG_USAGE')
    })
  })

  it.each([
    [['add']],
    [['add', '../auth']],
    [['add', 'serve']],
    [['add', 'a', 'b']],
    [['revoke']],
    [['rotate', 'a']],
    [['add', 'a', '--daily-tokens', '0']],
  ])('refuses %j', async (args) => {
    await withCliLab({}, async ({ run, home }) => {
      expectFailure(await run(['keys', ...args]), 2, 'ERR_CONFIG_USAGE')
      expect(await readdir(home)).toEqual([])
    })
  })

  it('gives no name twice', async () => {
    await withCliLab({}, async ({ run }) => {
      await run(['keys', 'add', 'editor'])
      expectFailure(await run(['keys', 'add', 'editor']), 2, 'ERR_CONFIG_USAGE')
    })
  })
})

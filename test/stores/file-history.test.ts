import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createFileHistory } from '../../src/stores/index.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const keepAll = (lines: readonly string[]) => lines

async function historyIn(path = 'history') {
  const folder = join(await temporaryFolder(), path)
  return { folder, history: createFileHistory(folder), file: join(folder, 'usage.jsonl') }
}

describe('a file history', () => {
  it('keeps lines in their order, for its owner alone', async () => {
    const { folder, history, file } = await historyIn()
    expect(await history.read('usage')).toEqual([])
    await history.append('usage', 'one', keepAll)
    await history.append('usage', 'two', keepAll)
    expect(await createFileHistory(folder).read('usage')).toEqual(['one', 'two'])
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('begins a new line after one that a crash cut short', async () => {
    const { folder, history, file } = await historyIn()
    await mkdir(folder)
    await writeFile(file, 'one\ntw')
    await history.append('usage', 'three', keepAll)
    expect(await history.read('usage')).toEqual(['one', 'tw', 'three'])
  })

  it('is put together when it has grown, the new line included, and stays as it is until then', async () => {
    const { history, file } = await historyIn()
    await history.append('usage', 'first', () => [])
    await appendFile(file, `${'x'.repeat(1023)}\n`.repeat(512))
    await history.append('usage', 'last', (lines) => [lines[0] ?? '', lines.at(-1) ?? ''])
    expect(await history.read('usage')).toEqual(['first', 'last'])
  })

  it('stays small even when nothing can be put together, and loses the oldest', async () => {
    const { history, file } = await historyIn()
    await history.append('usage', 'first', keepAll)
    for (let round = 0; round < 40; round += 1) {
      await history.append('usage', `${round} ${'x'.repeat(32 * 1024)}`, keepAll)
      expect((await stat(file)).size).toBeLessThan(600 * 1024)
    }
    const lines = await history.read('usage')
    expect(lines.at(-1)).toMatch(/^39 /)
    expect(lines[0]).not.toBe('first')
  })

  it('never fails: what cannot be written is not there', async () => {
    const { folder, history } = await historyIn('blocked')
    await writeFile(folder, '')
    await expect(history.append('usage', 'one', keepAll)).resolves.toBeUndefined()
    expect(await history.read('usage')).toEqual([])
  })

  it('mixes up nothing that processes write at once, nor loses it, also while it is put together', async () => {
    const { folder, history, file } = await historyIn()
    await mkdir(folder)
    await writeFile(file, `${'x'.repeat(1023)}\n`.repeat(511))
    await Promise.all(['a', 'b', 'c'].map((name) => appendFromProcess(folder, name, 40)))
    const lines = await history.read('usage')
    const written = lines.filter((line) => !line.startsWith('x'))
    for (const name of ['a', 'b', 'c']) {
      expect(written.filter((line) => line.startsWith(name))).toEqual(
        Array.from({ length: 40 }, (_, index) => `${name} ${index} ${'y'.repeat(100)}`),
      )
    }
    expect(written).toHaveLength(120)
    expect(await readFile(file, 'utf8')).toMatch(/\n$/)
  })
})

/** Another process that appends lines; when the file has grown it throws the filling away. */
async function appendFromProcess(folder: string, name: string, count: number): Promise<void> {
  const built = pathToFileURL(join(import.meta.dirname, '../../dist/stores/file-history.js')).href
  const program = `
    const { createFileHistory } = await import(${JSON.stringify(built)})
    const history = createFileHistory(${JSON.stringify(folder)})
    for (let index = 0; index < ${count}; index += 1)
      await history.append('usage', '${name} ' + index + ' ' + 'y'.repeat(100), (lines) => lines.filter((line) => line[0] !== 'x'))
  `
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'inherit' })
  onTestFinished(() => void child.kill('SIGKILL'))
  expect(await once(child, 'exit')).toEqual([0, null])
}

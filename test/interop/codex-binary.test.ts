import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { codexVersion, findCodexBinary } from './codex-binary.js'

const packageFolder = join(import.meta.dirname, '../..')
let emptyFolder: string

beforeEach(async () => {
  emptyFolder = await mkdtemp(join(tmpdir(), 'planpass-no-codex-'))
})

afterEach(() => rm(emptyFolder, { recursive: true }))

describe('the codex binary', () => {
  it('is the pinned release', async () => {
    const { default: wrapper } = await import('@openai/codex/package.json', { with: { type: 'json' } })
    expect(wrapper.version).toBe(codexVersion)
    expect(await findCodexBinary()).toContain(join('bin', 'codex'))
  })

  it('is missed with the line that installs it', async () => {
    await expect(findCodexBinary(emptyFolder)).rejects.toThrow(`Run \`npm ci\` in ${emptyFolder}`)
  })

  it('is refused when it is another release', async () => {
    const path = join(emptyFolder, relative(packageFolder, await findCodexBinary()))
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, '#!/bin/sh\necho codex-cli 0.168.0\n', { mode: 0o755 })
    await expect(findCodexBinary(emptyFolder)).rejects.toThrow(/is codex 0\.168\.0\. Run `npm ci`/)
  })
})

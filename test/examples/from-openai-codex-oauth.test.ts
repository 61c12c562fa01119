import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { close } from '../../examples/from-openai-codex-oauth/emulated-openai.js'
import { packageFolder } from '../packaging/manifest.js'

/** Each asserts its own output, and throws when it is another. */
const examples: Readonly<Record<string, () => Promise<unknown>>> = {
  'codex-auth-file.ts': () => import('../../examples/from-openai-codex-oauth/codex-auth-file.js'),
  'device-flow.ts': () => import('../../examples/from-openai-codex-oauth/device-flow.js'),
  'generate-text.ts': () => import('../../examples/from-openai-codex-oauth/generate-text.js'),
  'proxy.ts': () => import('../../examples/from-openai-codex-oauth/proxy.js'),
  'stream-text.ts': () => import('../../examples/from-openai-codex-oauth/stream-text.js'),
}

describe('programs for openai-codex-oauth, with another import', () => {
  afterAll(close)

  it.each(Object.entries(examples))('run and get what they ask for: %s', async (_, run) => {
    await expect(run()).resolves.toBeDefined()
  })

  it('are all run here', async () => {
    const files = await readdir(join(packageFolder, 'examples/from-openai-codex-oauth'))
    expect(files.filter((file) => file !== 'emulated-openai.ts').toSorted()).toEqual(Object.keys(examples))
  })
})

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageFolder, readJson, type Manifest } from './manifest.js'

const manifest = await readJson<Manifest>('package.json')
const subpaths = Object.entries(manifest.exports)

describe('the export map', () => {
  it('names these subpaths and no others', () => {
    expect(Object.keys(manifest.exports)).toEqual([
      '.',
      './oauth',
      './external',
      './backend',
      './stores/file',
      './stores/cas',
      './stores/encrypted-file',
      './stores/keyring',
      './stores/codex',
      './stores/foreign',
      './sources',
      './sign-in',
      './network',
      './siwc',
      './node',
      './ai-sdk',
      './openai',
      './proxy',
      './app-server',
      './agent',
      './skill',
      './ai-sdk-tools',
      './mcp',
      './gateway',
      './vault',
      './testing',
      './package.json',
    ])
  })

  it.each(subpaths)('points %s at files the build made', (_subpath, target) => {
    const files = typeof target === 'string' ? [target] : [target.types, target.default]
    expect(files.filter((file) => !existsSync(join(packageFolder, file)))).toEqual([])
  })

  it.each(subpaths.filter(([, target]) => typeof target === 'object'))(
    'offers types first for %s',
    (_subpath, target) => {
      expect(Object.keys(target)).toEqual(['types', 'default'])
    },
  )
})

import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageFolder, readJson } from './manifest.js'

/** Which rooms a room may import from. The compiler enforces it through project references; this pins the references. */
const mayImport = {
  core: [],
  backend: ['core'],
  stores: ['core'],
  sources: ['core'],
  'sign-in': ['core'],
  network: ['core'],
  siwc: ['core'],
  node: ['core', 'stores', 'sources', 'sign-in', 'network', 'siwc'],
  'ai-sdk': ['core', 'backend'],
  openai: ['core', 'backend'],
  proxy: ['core', 'backend'],
  testing: ['core'],
  'app-server': ['core', 'backend', 'stores', 'sources', 'sign-in', 'network', 'node'],
  agent: ['core', 'backend', 'stores', 'sign-in', 'network', 'node'],
  gateway: ['core', 'backend', 'stores', 'network', 'siwc', 'node'],
  console: ['core', 'backend', 'gateway'],
  vault: ['core', 'backend', 'stores', 'sign-in', 'network', 'siwc', 'node'],
  cli: [
    'core',
    'backend',
    'stores',
    'sources',
    'sign-in',
    'network',
    'siwc',
    'node',
    'ai-sdk',
    'openai',
    'proxy',
    'testing',
    'app-server',
    'agent',
    'gateway',
    'console',
    'vault',
  ],
}

interface Project {
  readonly references: readonly { readonly path: string }[]
}

async function roomsReferencedBy(project: string): Promise<string[]> {
  const { references } = await readJson<Project>(join(project, 'tsconfig.json'))
  return references.map(({ path }) => basename(path))
}

describe('the rooms of src', () => {
  it('are the ones of the plan', async () => {
    const entries = await readdir(join(packageFolder, 'src'), { withFileTypes: true })
    const rooms = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
    expect(rooms.toSorted()).toEqual(Object.keys(mayImport).toSorted())
  })

  it('are all built', async () => {
    expect(await roomsReferencedBy('src')).toEqual(Object.keys(mayImport))
  })

  it.each(Object.entries(mayImport))('lets %s import from the rooms below it only', async (room, below) => {
    expect(await roomsReferencedBy(`src/${room}`)).toEqual(below)
  })
})

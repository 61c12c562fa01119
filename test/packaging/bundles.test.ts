import { build } from 'esbuild'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { packageFolder, readJson } from './manifest.js'

interface WebRoom {
  readonly room: string
  /** Minified and gzipped, with all of this package that it stands on. */
  readonly mostBytes: number
  /** The peers that it is for. */
  readonly imports: readonly string[]
}

/** Rooms that promise to run wherever `fetch` and WebCrypto do. */
const webRooms: readonly WebRoom[] = [
  { room: 'core', mostBytes: 12_000, imports: [] },
  // Who wants models or usage alone takes them alone: nothing in it has side effects.
  { room: 'backend', mostBytes: 28_000, imports: [] },
  { room: 'openai', mostBytes: 23_000, imports: [] },
  { room: 'proxy', mostBytes: 27_000, imports: [] },
  { room: 'ai-sdk', mostBytes: 33_000, imports: ['@ai-sdk/openai'] },
]

/** Marks of Node in a bundle: a builtin's name, the `Buffer` class, a member of `process`. */
const nodeOnly = /["'`]node:|(?<![A-Za-z])Buffer\b|\bprocess\.\w/

async function bundle(room: string) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: packageFolder,
    entryPoints: [join('dist', room, 'index.js')],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    packages: 'external',
    metafile: true,
    write: false,
  })
  const [output] = Object.values(metafile.outputs)
  return { code: outputFiles[0]?.text ?? '', imports: output?.imports.map(({ path }) => path) }
}

describe.each(webRooms)('the bundle of $room', ({ room, mostBytes, imports: peers }) => {
  it('imports no builtin, and no package but the one it is for', async () => {
    const { imports } = await bundle(room)
    expect(imports).toEqual(peers)
  })

  it('holds nothing that exists in Node alone', async () => {
    const { code } = await bundle(room)
    expect(code).not.toMatch(nodeOnly)
  })

  it(`weighs at most ${mostBytes} bytes, minified and gzipped`, async () => {
    const { code } = await bundle(room)
    expect(gzipSync(code).byteLength).toBeLessThanOrEqual(mostBytes)
  })

  it('is listed here exactly as its project is compiled: without the types of Node', async () => {
    const project = await readJson<{ extends: string }>(`src/${room}/tsconfig.json`)
    expect(project.extends).toBe('../../tsconfig.web.json')
  })
})

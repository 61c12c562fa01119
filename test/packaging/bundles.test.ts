import { build } from 'esbuild'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { packageFolder, readJson } from './manifest.js'

/** Rooms that promise to run wherever `fetch` and WebCrypto do, with what they may weigh: minified and gzipped bytes. */
const webRooms = [
  { room: 'core', mostBytes: 12_000 },
  // With the core it needs. Who wants models or usage alone takes them alone: nothing in it has side effects.
  { room: 'backend', mostBytes: 27_000 },
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

describe.each(webRooms)('the bundle of $room', ({ room, mostBytes }) => {
  it('imports nothing: no dependency, no builtin', async () => {
    const { imports } = await bundle(room)
    expect(imports).toEqual([])
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

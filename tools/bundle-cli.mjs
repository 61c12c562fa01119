// Bundles the command line into dist/bin. Node takes longer to find and link a module than to compile it, so the entry is one CommonJS file with
// all that `status` and `token` need, since programs call these again and again. Everything it imports on demand, each other command among it,
// is bundled as modules into dist/bin/lib and shares its chunks there.
// Dependencies stay out of the bundle and are found in node_modules by whatever needs them (docs/decisions/0006).
import { build } from 'esbuild'
import { chmod, rm } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const source = join(root, 'src')
const options = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  packages: 'external',
}

/** In the entry itself, although it imports them on demand. */
const quickCommands = new Set(['commands/status.js', 'commands/token.js'].map((name) => join(source, 'cli', name)))

/** Where each file lies that the entry imports on demand, by its name in dist/bin/lib. */
const lazyFiles = new Map()

const keepLazy = {
  name: 'keep-lazy',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\// }, ({ kind, path, resolveDir }) => {
      const file = join(resolveDir, path)
      if (kind !== 'dynamic-import' || quickCommands.has(file)) return undefined
      const name = relative(source, file).replaceAll('/', '-').replace(/\.js$/, '')
      lazyFiles.set(name, file.replace(/\.js$/, '.ts'))
      return { path: `./lib/${name}.js`, external: true }
    })
  },
}

const entry = join(root, 'dist/bin/planpass.cjs')
await rm(dirname(entry), { recursive: true, force: true })
await build({
  ...options,
  entryPoints: ['src/cli/main.ts'],
  format: 'cjs',
  outfile: entry,
  banner: { js: '#!/usr/bin/env node' },
  plugins: [keepLazy],
})
await build({
  ...options,
  entryPoints: Object.fromEntries(lazyFiles),
  outdir: 'dist/bin/lib',
  format: 'esm',
  splitting: true,
})
await chmod(entry, 0o755)

// Bundles the command line into dist/bin: one small entry, one chunk a command, loaded when the command is run.
// Dependencies stay out of the bundle and are found in node_modules by the chunk that needs them (docs/decisions/0006).
import { build } from 'esbuild'
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const binFolder = join(root, 'dist/bin')
const shebang = '#!/usr/bin/env node\n'

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: { planpass: 'src/cli/main.ts' },
  outdir: 'dist/bin',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  write: false,
})

const entry = join(binFolder, 'planpass.js')
await mkdir(binFolder, { recursive: true })
for (const { path, text } of outputFiles) {
  await writeFile(path, path === entry && !text.startsWith('#!') ? shebang + text : text)
}
await chmod(entry, 0o755)

const written = new Set(outputFiles.map(({ path }) => basename(path)))
for (const name of await readdir(binFolder)) {
  if (!written.has(name)) await rm(join(binFolder, name))
}

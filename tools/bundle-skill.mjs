// Bundles tools/skill-script.mjs into the one script of the skill, which runs without an installation. It is committed, because a skill is copied from
// the repository; `--check` says whether it is what the sources make of it today.
// Native code and the transport stay out: the locks fall back to leases, and Node's own fetch reads NODE_EXTRA_CA_CERTS and NODE_USE_ENV_PROXY.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const target = join(root, 'skills/chatgpt-codex-onboarding/scripts/chatgpt-auth.mjs')
const isCheck = process.argv.includes('--check')

const withoutTransport = {
  name: 'without-transport',
  setup({ onResolve }) {
    onResolve({ filter: /\/network\/index\.js$/ }, () => ({ path: 'planpass/network', external: true }))
  },
}

async function bundle(outfile) {
  await build({
    absWorkingDir: root,
    entryPoints: ['tools/skill-script.mjs'],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    outfile,
    external: ['fs-native-extensions', '@napi-rs/keyring', 'koffi'],
    plugins: [withoutTransport],
    banner: { js: '// Made by tools/bundle-skill.mjs of planpass (MIT). Do not edit.' },
  })
  execFileSync(process.execPath, [join(root, 'node_modules/oxfmt/bin/oxfmt'), outfile], { cwd: root })
}

if (isCheck) {
  const folder = mkdtempSync(join(tmpdir(), 'planpass-skill-'))
  const fresh = join(folder, 'chatgpt-auth.mjs')
  await bundle(fresh)
  const isCurrent = readFileSync(fresh, 'utf8') === readFileSync(target, 'utf8')
  rmSync(folder, { recursive: true })
  console.log(isCurrent ? 'skill: the script is what the sources make of it' : 'skill: run node tools/bundle-skill.mjs')
  process.exitCode = isCurrent ? 0 : 1
} else {
  await bundle(target)
}

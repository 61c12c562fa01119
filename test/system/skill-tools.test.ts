import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'

const packageFolder = join(import.meta.dirname, '../..')
const name = 'chatgpt-codex-onboarding'

/** The judges of others; the `skills` CLI needs a newer Node than we do, which comes as a package too. */
const node22Package = `node-${process.platform}-${process.arch}`
const judges = ['skills-ref@0.1.5', 'skills@1.7.4', `${node22Package}@22`]

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const environment = { ...process.env, HOME: cwd, CI: 'true' }
  const { stdout, stderr } = await promisify(execFile)(command, args, { cwd, env: environment })
  return stdout + stderr
}

it('the tarball has a skill that skills-ref takes for valid, and that the skills CLI finds and installs', async () => {
  const folder = await temporaryFolder()
  await run('npm', ['init', '--yes'], folder)
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder, packageFolder], folder)
  const install = ['install', '--no-audit', '--no-fund', '--ignore-scripts']
  await run('npm', [...install, ...judges], folder)
  const [tarball = ''] = (await run('sh', ['-c', 'ls planpass-*.tgz'], folder)).split('\n')
  await run('tar', ['-xzf', tarball], folder)
  const skill = join(folder, 'package/skills', name)

  const judge = join(folder, 'node_modules/.bin/skills-ref')
  expect(await run(judge, ['validate', skill], folder)).toContain('Valid skill')

  const node22 = join(folder, 'node_modules', node22Package, 'bin/node')
  const cli = join(folder, 'node_modules/skills/bin/cli.mjs')
  expect(await run(node22, [cli, 'add', join(folder, 'package'), '--list'], folder)).toContain(name)
  await run(node22, [cli, 'add', join(folder, 'package'), '--skill', name, '-a', 'codex', '-y', '--copy'], folder)
  const installed = await readFile(join(folder, '.agents/skills', name, 'SKILL.md'), 'utf8')
  expect(installed).toBe(await readFile(join(skill, 'SKILL.md'), 'utf8'))
})

import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packageFolder } from './manifest.js'

/** What runs inside other programs' loops, and what it answers when nobody is signed in. */
const quickCommands = [
  { line: ['--version'], exitCode: 0 },
  { line: ['--help'], exitCode: 0 },
  { line: ['status', '--json'], exitCode: 3 },
  { line: ['token'], exitCode: 3 },
]

describe('the bundled command, where no package is installed', () => {
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'planpass-cold-start-'))
    await cp(join(packageFolder, 'dist/bin'), join(folder, 'dist/bin'), { recursive: true })
    await cp(join(packageFolder, 'package.json'), join(folder, 'package.json'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  function run(line: readonly string[]): Promise<{ exitCode: number | string; stderr: string }> {
    const environment = { PATH: process.env['PATH'], HOME: folder, PLANPASS_HOME: join(folder, 'home') }
    return new Promise((resolve) => {
      const script = join(folder, 'dist/bin/planpass.cjs')
      execFile(process.execPath, [script, ...line], { env: environment }, (error, _stdout, stderr) => {
        resolve({ exitCode: error?.code ?? 0, stderr })
      })
    })
  }

  it.each(quickCommands)('runs $line without loading one', async ({ line, exitCode }) => {
    const outcome = await run(line)
    expect(outcome.stderr).not.toContain('ERR_MODULE_NOT_FOUND')
    expect(outcome.exitCode).toBe(exitCode)
  })
})

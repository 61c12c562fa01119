import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commands, commonOptions } from '../../src/cli/commands.js'
import { run } from '../../src/cli/run.js'
import { createFakeHost } from '../support/fake-host.js'
import { startCli } from '../support/cli-process.js'

async function print(argv: readonly string[]) {
  const host = createFakeHost()
  const exitCode = await run(argv, host)
  return { exitCode, stdout: host.transcript.stdout, stderr: host.transcript.stderr }
}

/** The options a help names, one at the beginning of each line. */
function namedOptions(help: string): string[] {
  return [...help.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name = '']) => name)
}

describe('planpass --help', () => {
  it.each([[['--help']], [['-h']], [['help']]])('names every command and what it is for: %j', async (argv) => {
    const { exitCode, stdout, stderr } = await print(argv)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    for (const [name, { summary }] of Object.entries(commands))
      expect(stdout).toMatch(new RegExp(`^  ${name} +${summary}$`, 'm'))
    expect(stdout).toContain('not affiliated with OpenAI')
  })

  it('fits into 80 columns, like the help of every command', async () => {
    const helps = await Promise.all([['--help'], ...Object.keys(commands).map((name) => [name, '--help'])].map(print))
    const lines = helps.flatMap(({ stdout }) => stdout.split('\n'))
    expect(lines.filter((line) => line.length > 80)).toEqual([])
  })
})

describe.each(Object.entries(commands))('planpass %s --help', (name, spec) => {
  it('explains every option it takes, and no other', async () => {
    const { exitCode, stdout, stderr } = await print([name, '--help'])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toContain(`Usage: planpass ${name}`)
    const options = { ...spec.options, ...commonOptions }
    expect(namedOptions(stdout).toSorted()).toEqual(Object.keys(options).toSorted())
    for (const { about } of Object.values(options)) expect(stdout).toContain(about)
  })
})

describe('planpass --version', () => {
  it.each(['--version', '-V'])('prints the version of the package alone: %s', async (flag) => {
    const manifest = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
      version: string
    }
    const { finished } = startCli([flag])
    expect(await finished).toEqual({ exitCode: 0, stdout: `${manifest.version}\n`, stderr: '' })
  })
})

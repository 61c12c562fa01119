import { execFile } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { toLaunchdAgent, toSystemdUnit, type Service } from '../../src/cli/serve/service-unit.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const runFile = promisify(execFile)

/** With whatever a shell, systemd or XML would take for its own, as far as systemd takes it in the path of a program. */
const awkward = 'a b&<c>%h$f'
const moreAwkward = `${awkward}"d'e\\g`

async function service(): Promise<Service> {
  const folder = join(await temporaryFolder(), awkward)
  await mkdir(folder)
  const program = join(folder, 'node')
  await symlink(process.execPath, program)
  const command = [program, join(folder, 'planpass.cjs'), 'serve', '--stored-keys', '--allow-host', moreAwkward]
  return { command, environment: { PLANPASS_HOME: folder }, logFile: join(folder, 'serve.log'), leftOut: [] }
}

/** What the system's own programs need to be found is all of the environment. */
async function run(program: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await runFile(program, args, { env: { PATH: process.env['PATH'] } })
  return stdout + stderr
}

/** Needs systemd: `apt-get install systemd`. It need not run. */
describe('the unit that `serve install` prints', () => {
  it('is a unit in the eyes of systemd, which finds the program, whatever its path', async () => {
    const file = join(await temporaryFolder(), 'planpass.service')
    await writeFile(file, toSystemdUnit(await service()))
    expect(await run('systemd-analyze', 'verify', '--man=no', '--generators=no', file)).toBe('')
  })

  it('would be complained of, were its program not there', async () => {
    const file = join(await temporaryFolder(), 'planpass.service')
    const { command, ...rest } = await service()
    await writeFile(file, toSystemdUnit({ ...rest, command: ['/nowhere/node', ...command.slice(1)] }))
    await expect(run('systemd-analyze', 'verify', '--man=no', '--generators=no', file)).rejects.toThrow('/nowhere/node')
  })
})

/** Needs plistutil: `apt-get install libplist-utils`. To binary and back: what is left is what a parser understood. */
async function understand(plist: string): Promise<Plist> {
  const folder = await temporaryFolder()
  const [given, binary, back] = ['given.plist', 'binary.plist', 'back.plist'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  await writeFile(given, plist)
  await run('plistutil', '-i', given, '-o', binary, '-f', 'bin')
  await run('plistutil', '-i', binary, '-o', back, '-f', 'xml')
  return parseNormal(await run('cat', back))
}

type Plist = string | number | boolean | Plist[] | { [key: string]: Plist }

/** The XML that plistutil writes, one element a line. */
function parseNormal(xml: string): Plist {
  const lines = xml.split('\n').map((line) => line.trim())
  const text = (line: string) =>
    line
      .replaceAll(/^<\w+>|<\/\w+>$/g, '')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&')
  const next = () => lines.shift() ?? ''
  function value(line: string): Plist {
    if (line === '<dict>') return dictionary()
    if (line === '<array>') return list()
    if (line === '<true/>' || line === '<false/>') return line === '<true/>'
    return line.startsWith('<integer>') ? Number(text(line)) : text(line)
  }
  function dictionary(): Plist {
    const found: { [key: string]: Plist } = {}
    for (let line = next(); line !== '</dict>'; line = next()) found[text(line)] = value(next())
    return found
  }
  function list(): Plist {
    const found: Plist[] = []
    for (let line = next(); line !== '</array>'; line = next()) found.push(value(line))
    return found
  }
  while (!next().startsWith('<plist'));
  return value(next())
}

describe('the agent that `serve install` prints', () => {
  it('is understood by a parser of property lists as what was meant', async () => {
    const given = await service()
    expect(await understand(toLaunchdAgent(given))).toEqual({
      Label: 'planpass.gateway',
      ProgramArguments: given.command,
      EnvironmentVariables: given.environment,
      RunAtLoad: true,
      // Started again when it failed, and not when somebody stopped it.
      KeepAlive: { SuccessfulExit: false },
      // Longer than requests may go on.
      ExitTimeOut: 40,
      StandardErrorPath: given.logFile,
    })
  })

  it('has an empty table of variables where there are none', async () => {
    const given = { ...(await service()), environment: {} }
    expect(await understand(toLaunchdAgent(given))).toMatchObject({ EnvironmentVariables: {} })
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findCodex } from '../../src/cli/codex/find-codex.js'
import { caughtCode } from '../support/caught.js'
import { withCliLab } from '../support/cli-lab.js'
import { builtCli } from '../support/cli-process.js'
import { temporaryFolder } from '../support/temporary-folder.js'

/** A program called `codex`, in a folder for the path. */
async function fakeCodex(folder: string, script: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'codex'), `#!${process.execPath}\n${script}`)
  await chmod(join(folder, 'codex'), 0o755)
  return folder
}

/** As npm lays it out for everybody on Windows: a script for a shell, and the package beside it. */
const besideShim = 'node_modules/@openai/codex/bin/codex.js'

describe('the codex that planpass runs', () => {
  it('is the first program of that name on the path, and no folder', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'first/codex'), { recursive: true })
    const second = await fakeCodex(join(folder, 'second'), '')
    const found = await findCodex({ path: `${join(folder, 'first')}:${second}`, cwd: folder })
    expect(found).toEqual({ command: join(second, 'codex'), args: [] })
  })

  it('is the package beside the shell script of npm on Windows', async () => {
    const folder = await temporaryFolder()
    await mkdir(dirname(join(folder, besideShim)), { recursive: true })
    await writeFile(join(folder, besideShim), '', { mode: 0o755 })
    const found = await findCodex({ path: folder, cwd: folder, platform: 'win32' })
    expect(found).toEqual({ command: process.execPath, args: [join(folder, besideShim)] })
  })

  it('is asked for with the line that installs it when there is none', async () => {
    const folder = await temporaryFolder()
    expect(await caughtCode(findCodex({ path: folder, cwd: folder }))).toBe('ERR_CONFIG_MISSING_PACKAGE')
  })
})

describe('planpass codex', () => {
  it.each(['--version', '-V', '--help', '-h', 'doctor'])('needs no sign-in for %s', async (argument) => {
    await withCliLab({}, async (lab) => {
      const path = await fakeCodex(join(lab.home, '.bin'), 'console.log(process.argv.slice(2).join())')
      const result = await lab.runProcess(['codex', '--', argument], { environment: { PATH: path } })
      expect(result).toMatchObject({ exitCode: 0, stdout: `${argument}\n` })
    })
  })

  it('takes no option for its own that is meant for Codex', async () => {
    await withCliLab({}, async (lab) => {
      const { exitCode, stderr } = await lab.run(['codex', 'exec', '--json', 'say hi'])
      expect(exitCode).toBe(2)
      expect(stderr).toContain('planpass codex -- exec --json')
    })
  })

  it('passes Ctrl-C on where no terminal sends it to both', async () => {
    await withCliLab({}, async (lab) => {
      const patient = `process.on('SIGINT', () => process.exit(7)); setInterval(() => {}, 1000); console.log('ready')`
      const path = await fakeCodex(join(lab.home, '.bin'), patient)
      const running = lab.startProcess(['codex', '--', '--version'], { environment: { PATH: path } })
      await running.waitForOutput(/ready/)
      running.interrupt()
      expect((await running.finished).exitCode).toBe(7)
    })
  })

  it('ends without a word when the host of its app server goes away', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const talkative = `let left = 200; setInterval(() => (left-- ? console.log('{"method":"tick"}') : process.exit()), 5)`
      const path = await fakeCodex(join(lab.home, '.bin'), talkative)
      const child = spawn(process.execPath, [builtCli(), 'codex', '--', 'app-server'], {
        env: { ...lab.environment, PATH: path },
      })
      let stderr = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
      await once(child.stdout, 'data')
      child.stdout.destroy()
      const [exitCode] = (await once(child, 'close')) as [number | null]
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    })
  })
})

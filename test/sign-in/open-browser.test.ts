import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openInBrowser, type StartProgram } from '../../src/sign-in/open-browser.js'
import { createFakeClock } from '../../src/testing/index.js'
import { caughtCode } from '../support/caught.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const address = 'https://auth.example.test/oauth/authorize?response_type=code&state=a-b_c&scope=openid+email%20x'
const url = new URL(address)

/** What a program does once it is started: its exit code, `undefined` to stay, or the code of the error with which it does not start. */
type Behaviour = number | string | undefined

/** Programs that are started in vain, one behaviour after the other. */
function createSpawn(...behaviours: Behaviour[]) {
  const unref = vi.fn<() => void>()
  const start = vi.fn<StartProgram>(() => {
    const child = Object.assign(new EventEmitter(), { unref })
    const behaviour = behaviours.shift()
    queueMicrotask(() => {
      if (typeof behaviour === 'number') child.emit('exit', behaviour, null)
      if (typeof behaviour === 'string') child.emit('error', Object.assign(new Error('no'), { code: behaviour }))
    })
    return child as unknown as ChildProcess
  })
  return { start, unref }
}

/** The command lines that are tried when none of them works. */
async function triedOn(
  platform: string,
  variables: Record<string, string> = {},
  { files = [], of = url }: { files?: readonly string[]; of?: URL } = {},
) {
  const { start } = createSpawn(...Array<Behaviour>(10).fill('ENOENT'))
  const opening = await openInBrowser(of, { platform, variables, files, spawn: start, clock: createFakeClock() })
  expect(opening.isOpened).toBe(false)
  return start.mock.calls.map(([command, args]) => [command, ...args])
}

const system32 = '/mnt/c/Windows/System32'

describe('a browser is opened', () => {
  it('on macOS by open', async () => {
    expect(await triedOn('darwin')).toEqual([['/usr/bin/open', address]])
  })

  it('on Windows without cmd.exe, which would end the address at its first ampersand', async () => {
    expect(await triedOn('win32', { SystemRoot: 'D:\\Win' })).toEqual([
      ['D:\\Win\\System32\\rundll32.exe', 'url.dll,FileProtocolHandler', address],
      [
        'D:\\Win\\System32\\WindowsPowerShell\\v1.0\\powershell.exe',
        '-NoProfile',
        '-NonInteractive',
        '-Command',
        `Start-Process '${address}'`,
      ],
    ])
    expect((await triedOn('win32'))[0]?.[0]).toBe('C:\\Windows\\System32\\rundll32.exe')
  })

  it.each(['DISPLAY', 'WAYLAND_DISPLAY'])('on Linux with %s by xdg-open', async (name) => {
    expect(await triedOn('linux', { [name]: ':0' })).toEqual([['xdg-open', address]])
  })

  it('in WSL by Windows, but not in a container there', async () => {
    const wsl = { DISPLAY: ':0', WSL_INTEROP: '/run/WSL/1_interop' }
    expect(await triedOn('linux', wsl, { files: ['/.dockerenv'] })).toEqual([['xdg-open', address]])
    expect(await triedOn('linux', wsl)).toEqual([
      [`${system32}/rundll32.exe`, 'url.dll,FileProtocolHandler', address],
      ['rundll32.exe', 'url.dll,FileProtocolHandler', address],
      ['wslview', address],
      [
        `${system32}/WindowsPowerShell/v1.0/powershell.exe`,
        '-NoProfile',
        '-NonInteractive',
        '-Command',
        `Start-Process '${address}'`,
      ],
    ])
  })

  it('on Android by Termux', async () => {
    expect(await triedOn('android')).toEqual([['termux-open-url', address]])
  })

  it.each(['darwin', 'linux', 'win32'])('by what BROWSER names, and by nothing else, on %s', async (platform) => {
    expect(await triedOn(platform, { BROWSER: 'firefox', DISPLAY: ':0' })).toEqual([['firefox', address]])
  })
})

describe('BROWSER', () => {
  it.each<[string, string[][]]>([
    [
      'firefox:chromium',
      [
        ['firefox', address],
        ['chromium', address],
      ],
    ],
    [' firefox :: ', [['firefox', address]]],
    ['firefox --new-window', [['firefox', '--new-window', address]]],
    ['open-it --at=%s --percent=%%s', [['open-it', `--at=${address}`, '--percent=%s']]],
    ['open-it %s %s', [['open-it', address, address]]],
    ['"/opt/my browser/run" --name \'Ada L\'', [['/opt/my browser/run', '--name', 'Ada L', address]]],
    [
      '/mnt/c/Program Files/Fox/fox.exe',
      [
        ['/mnt/c/Program Files/Fox/fox.exe', address],
        ['/mnt/c/Program', 'Files/Fox/fox.exe', address],
      ],
    ],
    ['it"s', [['it"s', address]]],
    ['$(touch x);`touch y`', [['$(touch', 'x);`touch', 'y`', address]]],
  ])('that is %j is read as a list of commands, by us and by no shell', async (browser, tried) => {
    expect(await triedOn('linux', { BROWSER: browser })).toEqual(tried)
  })

  it('is a list with semicolons on Windows', async () => {
    expect(await triedOn('win32', { BROWSER: 'C:\\fox.exe;D:\\cat.exe' })).toEqual([
      ['C:\\fox.exe', address],
      ['D:\\cat.exe', address],
    ])
  })

  it.each([
    ['none', 'BROWSER is none'],
    ['w3m', 'w3m would take over the terminal'],
    ['/usr/bin/lynx -accept_all_cookies', 'lynx would take over the terminal'],
    ['www-browser', 'www-browser would take over the terminal'],
    ['links2:elinks %s', 'links2 would take over the terminal; elinks would take over the terminal'],
    ['sh -c %s', 'sh would read the address as a program'],
    ['C:/x/PowerShell.EXE -Command start', 'powershell would read the address as a program'],
    ['env sh -c "firefox %s"', 'env gets the address inside a longer argument'],
  ])('that is %j opens nothing, and says why', async (browser, reason) => {
    const { start } = createSpawn()
    const platform = browser.startsWith('C:') ? 'win32' : 'linux'
    const options = { platform, variables: { BROWSER: browser, DISPLAY: ':0' }, spawn: start }
    expect(await openInBrowser(url, options)).toEqual({ isOpened: false, reason })
    expect(start).not.toHaveBeenCalled()
  })
})

describe('an address', () => {
  it.each([
    'http://auth.example.test/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'ms-settings:privacy',
    'http://127.0.0.1.example.test/',
    'https://ada:secret@auth.example.test/',
  ])('that is %s is not opened', async (text) => {
    const { start } = createSpawn()
    const opening = openInBrowser(new URL(text), { platform: 'darwin', variables: {}, spawn: start })
    expect(await caughtCode(opening)).toBe('ERR_CONFIG_URL')
    expect(start).not.toHaveBeenCalled()
  })

  it.each(['http://127.0.0.1:1455/a?b=c&d', 'http://localhost:8080/', 'http://[::1]:1/'])('may be %s', async (text) => {
    expect(await triedOn('darwin', {}, { of: new URL(text) })).toEqual([['/usr/bin/open', text]])
  })

  it('leaves no quoted string it is put into', async () => {
    const [, powershell] = await triedOn('win32', {}, { of: new URL("https://a.test/x';calc;'?q='&r=`$(calc)\"") })
    expect(powershell?.at(-1)).toBe("Start-Process 'https://a.test/x%27;calc;%27?q=%27&r=`$(calc)%22'")
  })

  it('is one argument of the program, whatever is in it', async () => {
    const folder = await temporaryFolder()
    const program = join(folder, 'browser')
    await writeFile(
      program,
      `#!/bin/sh\nprintf '%s\\n' "$#" "$@" > '${folder}/seen.part'\nmv '${folder}/seen.part' '${folder}/seen'\n`,
    )
    await chmod(program, 0o755)
    const hostile = new URL('https://a.test/$(touch%20x);`id`|cat&x?q=%22&state=a%26b#$HOME')
    const variables = { BROWSER: program }
    expect(await openInBrowser(hostile, { platform: 'linux', variables })).toEqual({ isOpened: true })
    expect(await readFile(join(folder, 'seen'), 'utf8')).toBe(`1\n${hostile.href}\n`)
  })
})

describe('the program that opens it', () => {
  const linux = { platform: 'linux', variables: { BROWSER: 'one:two' } }

  it('is on its own: no terminal, no console window, and nobody waits for it', async () => {
    const { start, unref } = createSpawn(0)
    expect(await openInBrowser(url, { ...linux, spawn: start })).toEqual({ isOpened: true })
    expect(start).toHaveBeenCalledWith('one', [address], { stdio: 'ignore', detached: true, windowsHide: true })
    expect(unref).toHaveBeenCalledOnce()
  })

  it('has opened it when it ends well, and no timer is left', async () => {
    const clock = createFakeClock()
    const { start } = createSpawn(0)
    expect(await openInBrowser(url, { ...linux, spawn: start, clock })).toEqual({ isOpened: true })
    expect(start).toHaveBeenCalledOnce()
    expect(clock.sleeping).toBe(0)
  })

  it('gives way to the next when it fails', async () => {
    const clock = createFakeClock()
    const { start } = createSpawn(3, 0)
    expect(await openInBrowser(url, { ...linux, spawn: start, clock })).toEqual({ isOpened: true })
    expect(start.mock.calls.map(([command]) => command)).toEqual(['one', 'two'])
    expect(clock.sleeping).toBe(0)
  })

  it('is the browser itself when it stays, which is not waited for', async () => {
    const clock = createFakeClock()
    const { start } = createSpawn(undefined)
    const opening = openInBrowser(url, { ...linux, spawn: start, clock })
    await clock.advance(1500)
    expect(await opening).toEqual({ isOpened: true })
    expect(start).toHaveBeenCalledOnce()
    expect(clock.sleeping).toBe(0)
  })

  it('is named with why it did not, when none does', async () => {
    const { start } = createSpawn('ENOENT', 4)
    expect(await openInBrowser(url, { ...linux, spawn: start, clock: createFakeClock() })).toEqual({
      isOpened: false,
      reason: 'one could not be started (ENOENT); two ended with 4',
    })
  })

  it('is no surprise when it is refused on the spot', async () => {
    const start: StartProgram = () => {
      throw Object.assign(new Error('no'), { code: 'EINVAL' })
    }
    const opening = await openInBrowser(url, { ...linux, spawn: start, clock: createFakeClock() })
    expect(opening).toMatchObject({ reason: expect.stringContaining('one could not be started (EINVAL)') })
  })

  it('is not looked for where there is no screen', async () => {
    const { start } = createSpawn()
    const opening = await openInBrowser(url, { platform: 'linux', variables: {}, spawn: start })
    expect(opening).toEqual({ isOpened: false, reason: 'there is no screen' })
    expect(start).not.toHaveBeenCalled()
  })

  it('does not exist, and that is an answer, too', async () => {
    const variables = { BROWSER: '/nowhere/at/all' }
    expect(await openInBrowser(url, { platform: 'linux', variables })).toEqual({
      isOpened: false,
      reason: '/nowhere/at/all could not be started (ENOENT)',
    })
  })

  it('leads a group of its own, so that Ctrl-C is not for it', async () => {
    const started: ChildProcess[] = []
    onTestFinished(() => started.forEach((child) => child.kill('SIGKILL')))
    const start: StartProgram = (command, args, options) => {
      const child = spawn(command, [...args], options)
      started.push(child)
      return child
    }
    const clock = createFakeClock()
    const variables = { BROWSER: `"${process.execPath}" -e "setInterval(Date.now, 1000)" --` }
    const opening = openInBrowser(url, { platform: 'linux', variables, spawn: start, clock })
    await clock.advance(1500)
    expect(await opening).toEqual({ isOpened: true })
    const [child] = started
    const stat = await readFile(`/proc/${child?.pid}/stat`, 'utf8')
    const [, , group, session, terminal] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    expect([group, session, terminal]).toEqual([String(child?.pid), String(child?.pid), '0'])
  })
})

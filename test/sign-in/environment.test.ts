import { access, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { markerFiles, readHostFacts, type HostFacts } from '../../src/sign-in/environment-facts.js'
import { signals } from '../../src/sign-in/environment-signals.js'
import { detectSignInEnvironment, signInRequired, type SignInEnvironment } from '../../src/sign-in/environment.js'
import { temporaryFolder } from '../support/temporary-folder.js'

/** A terminal on a Linux machine without a screen, and what is said otherwise. */
const facts = (given: Partial<HostFacts> = {}): HostFacts => ({
  platform: 'linux',
  variables: {},
  isTerminal: true,
  ...given,
})
const detect = (given?: Partial<HostFacts>, options?: { interactive?: boolean }) =>
  detectSignInEnvironment(facts(given), options)

const browserFirst = ['browser', 'device']
const deviceFirst = ['device', 'browser']

describe('the place of a sign-in', () => {
  it('is a desktop on macOS, whose browser leads', () => {
    expect(detect({ platform: 'darwin', variables: { TERM: 'xterm-256color' } })).toEqual({
      place: 'desktop',
      isInteractive: true,
      doors: browserFirst,
      canOpenBrowser: true,
      reasons: ['this is macOS'],
    })
  })

  it.each(['DISPLAY', 'WAYLAND_DISPLAY'])('is a desktop on Linux with %s, whose browser leads', (name) => {
    expect(detect({ variables: { [name]: ':0' } })).toEqual({
      place: 'desktop',
      isInteractive: true,
      doors: browserFirst,
      canOpenBrowser: true,
      reasons: [`${name} is set`],
    })
  })

  it('is a desktop on Windows, whose browser leads, with TERM or without', () => {
    const environment = detect({ platform: 'win32' })
    expect(environment).toMatchObject({ place: 'desktop', isInteractive: true, doors: browserFirst })
    expect(detect({ platform: 'win32', variables: { TERM: 'xterm' } })).toEqual(environment)
    expect(environment.reasons).toEqual(['this is Windows'])
  })

  it('is a desktop on Android, whose browser is beside the terminal', () => {
    expect(detect({ platform: 'android' })).toMatchObject({ doors: browserFirst, reasons: ['this is Android'] })
  })

  it('is WSL, whose browser leads until the callback takes too long', () => {
    expect(detect({ variables: { WSL_DISTRO_NAME: 'Ubuntu' } })).toEqual({
      place: 'wsl',
      isInteractive: true,
      doors: browserFirst,
      canOpenBrowser: true,
      browserPatienceMs: 30_000,
      reasons: ['WSL_DISTRO_NAME is set'],
    })
  })

  it('is SSH, where the device code leads', () => {
    expect(detect({ variables: { SSH_CONNECTION: '192.0.2.7 50000 192.0.2.9 22' } })).toEqual({
      place: 'ssh',
      isInteractive: true,
      doors: deviceFirst,
      canOpenBrowser: false,
      reasons: ['SSH_CONNECTION is set'],
    })
  })

  it('is a container, where the device code leads', () => {
    expect(detect({ variables: { container: 'docker' } })).toEqual({
      place: 'container',
      isInteractive: true,
      doors: deviceFirst,
      canOpenBrowser: false,
      reasons: ['container is set'],
    })
  })

  it('is CI, where nobody is asked, whatever the caller says', () => {
    const nobody = { place: 'ci', isInteractive: false, doors: [], canOpenBrowser: false, reasons: ['CI is set'] }
    expect(detect({ variables: { CI: 'true' } })).toEqual(nobody)
    expect(detect({ variables: { CI: 'true' } }, { interactive: true })).toEqual(nobody)
  })

  it.each(['linux', 'freebsd', 'sunos'])('is headless on %s without a screen', (platform) => {
    expect(detect({ platform })).toEqual({
      place: 'headless',
      isInteractive: true,
      doors: deviceFirst,
      canOpenBrowser: false,
      reasons: ['neither DISPLAY nor WAYLAND_DISPLAY is set'],
    })
  })

  it('is decided by the variables it is given, not by those of this process', () => {
    expect(process.env['PATH']).toBeDefined()
    const child = detect({ variables: { DISPLAY: ':0', CODEX_HOME: '/child' } })
    expect(child).toEqual(detect({ variables: { DISPLAY: ':0' } }))
    expect(detect({ variables: { DISPLAY: ':0' } }, { interactive: false }).doors).toEqual([])
  })
})

/** What a signal alone makes of a Linux terminal. */
const alone: [string, Partial<HostFacts>, SignInEnvironment['place']][] = [
  ...[
    'CI',
    'CONTINUOUS_INTEGRATION',
    'GITHUB_ACTIONS',
    'GITLAB_CI',
    'BUILDKITE',
    'CIRCLECI',
    'TRAVIS',
    'TF_BUILD',
    'BITBUCKET_BUILD_NUMBER',
    'CODEBUILD_BUILD_ID',
    'JENKINS_URL',
    'TEAMCITY_VERSION',
  ].map(variable('ci')),
  ...['CODESPACES'].map(variable('codespaces')),
  ...['REMOTE_CONTAINERS', 'DEVCONTAINER'].map(variable('devcontainer')),
  ...['GITPOD_WORKSPACE_ID', 'CLOUD_SHELL', 'ACC_CLOUD'].map(variable('cloud')),
  ['AWS_EXECUTION_ENV is CloudShell', { variables: { AWS_EXECUTION_ENV: 'CloudShell' } }, 'cloud'],
  ...['SSH_CONNECTION', 'SSH_CLIENT', 'SSH_TTY'].map(variable('ssh')),
  ...['container', 'KUBERNETES_SERVICE_HOST'].map(variable('container')),
  ['/.dockerenv is there', { files: ['/.dockerenv'] }, 'container'],
  ['/run/.containerenv is there', { files: ['/run/.containerenv'] }, 'container'],
  ...['WSL_DISTRO_NAME', 'WSL_INTEROP'].map(variable('wsl')),
  ['the kernel is the one of WSL', { kernelRelease: '6.6.87.2-microsoft-standard-WSL2' }, 'wsl'],
  ['/proc/sys/fs/binfmt_misc/WSLInterop is there', { files: ['/proc/sys/fs/binfmt_misc/WSLInterop'] }, 'wsl'],
  ['/proc/sys/fs/binfmt_misc/WSLInterop-late is there', { files: ['/proc/sys/fs/binfmt_misc/WSLInterop-late'] }, 'wsl'],
  ...['VSCODE_IPC_HOOK_CLI'].map(variable('remote-editor')),
  ...['DISPLAY', 'WAYLAND_DISPLAY'].map(variable('desktop')),
]

function variable(place: SignInEnvironment['place']) {
  return (name: string): (typeof alone)[number] => [`${name} is set`, { variables: { [name]: '1' } }, place]
}

describe('a signal', () => {
  it.each(alone)('that %s makes it this place, and is the reason', (reason, given, place) => {
    expect(detect(given)).toMatchObject({ place, reasons: [reason] })
  })

  it('is never without a test', () => {
    const tested = new Set(alone.map(([reason]) => reason))
    const elsewhere = [
      'CI is switched off',
      'TOOLBOX_PATH is set',
      'DISTROBOX_ENTER_PATH is set',
      'container is flatpak',
    ]
    expect(signals.map(({ reason }) => reason).filter((reason) => !tested.has(reason))).toEqual(elsewhere)
  })

  it.each(['', '  ', 'false', 'FALSE', '0', 'no', 'off', undefined])('that is %j is none', (value) => {
    const variables = Object.fromEntries(['CI', 'CODESPACES', 'SSH_TTY', 'container'].map((name) => [name, value]))
    expect(detect({ variables }).place).toBe('headless')
  })

  it('is named without its value', () => {
    const { reasons } = detect({ variables: { SSH_CONNECTION: '192.0.2.7 50000 192.0.2.9 22', SSH_TTY: '/dev/pts/0' } })
    expect(reasons).toEqual(['SSH_CONNECTION is set', 'SSH_TTY is set'])
  })
})

const ssh = { SSH_CONNECTION: '192.0.2.7 50000 192.0.2.9 22' }

/** Where signals meet: what it is, which doors open, whether a browser is started. */
const meetings: [string, Partial<HostFacts>, SignInEnvironment['place'], readonly string[], boolean][] = [
  ['SSH into WSL', { variables: { ...ssh, WSL_DISTRO_NAME: 'Ubuntu' } }, 'ssh', deviceFirst, false],
  ['SSH into macOS', { platform: 'darwin', variables: ssh }, 'ssh', deviceFirst, false],
  ['SSH into Windows', { platform: 'win32', variables: ssh }, 'ssh', deviceFirst, false],
  ['SSH with a forwarded display', { variables: { ...ssh, DISPLAY: 'localhost:10.0' } }, 'ssh', deviceFirst, true],
  [
    'SSH to a desktop that has a display of its own',
    { variables: { ...ssh, DISPLAY: ':0' } },
    'ssh',
    deviceFirst,
    false,
  ],
  ['SSH to a Mac with XQuartz', { variables: { ...ssh, DISPLAY: '/private/tmp/x:0' } }, 'ssh', deviceFirst, false],
  [
    'tmux inside SSH',
    { variables: { ...ssh, TMUX: '/tmp/tmux-0/default,1,0', TERM: 'tmux' } },
    'ssh',
    deviceFirst,
    false,
  ],
  ['sudo inside SSH, which leaves the terminal', { variables: { SSH_TTY: '/dev/pts/0' } }, 'ssh', deviceFirst, false],
  ['an editor over SSH', { variables: { ...ssh, VSCODE_IPC_HOOK_CLI: '/run/x.sock' } }, 'ssh', deviceFirst, false],
  [
    'an editor over SSH that opens browsers',
    { variables: { ...ssh, VSCODE_IPC_HOOK_CLI: '/run/x.sock', BROWSER: '/opt/editor/bin/helpers/browser.sh' } },
    'ssh',
    deviceFirst,
    true,
  ],
  [
    'a tunnel to a desktop',
    { variables: { VSCODE_IPC_HOOK_CLI: '/x', DISPLAY: ':0' } },
    'remote-editor',
    deviceFirst,
    false,
  ],
  ['an editor in WSL', { variables: { VSCODE_IPC_HOOK_CLI: '/x', WSL_INTEROP: '/x' } }, 'wsl', browserFirst, true],
  ['a container in WSL', { files: ['/.dockerenv'], kernelRelease: 'microsoft' }, 'container', deviceFirst, false],
  ['a container with a screen', { variables: { container: 'podman', DISPLAY: ':0' } }, 'container', deviceFirst, true],
  ['a container over SSH', { variables: ssh, files: ['/.dockerenv'] }, 'ssh', deviceFirst, false],
  [
    'a devcontainer',
    { variables: { REMOTE_CONTAINERS: 'true' }, files: ['/.dockerenv'] },
    'devcontainer',
    deviceFirst,
    false,
  ],
  ['Codespaces, over SSH', { variables: { ...ssh, CODESPACES: 'true' } }, 'codespaces', deviceFirst, false],
  ['CI in a container', { variables: { GITHUB_ACTIONS: 'true' }, files: ['/.dockerenv'] }, 'ci', [], false],
  ['CI with a browser', { variables: { CI: '1', DISPLAY: ':99', BROWSER: 'firefox' } }, 'ci', [], false],
  ['CI=false on a runner', { variables: { CI: 'false', GITHUB_ACTIONS: 'true' } }, 'headless', deviceFirst, false],
  [
    'a toolbox',
    { variables: { TOOLBOX_PATH: '/x', DISPLAY: ':0' }, files: ['/run/.containerenv'] },
    'desktop',
    browserFirst,
    true,
  ],
  [
    'a distrobox',
    { variables: { DISTROBOX_ENTER_PATH: '/x', DISPLAY: ':0', container: 'podman' } },
    'desktop',
    browserFirst,
    true,
  ],
  ['a flatpak', { variables: { container: 'flatpak', WAYLAND_DISPLAY: 'wayland-0' } }, 'desktop', browserFirst, true],
  ['a dumb terminal', { variables: { TERM: 'dumb', DISPLAY: ':0' } }, 'desktop', browserFirst, true],
  ['BROWSER=none on a desktop', { variables: { BROWSER: 'none', DISPLAY: ':0' } }, 'desktop', browserFirst, false],
  ['BROWSER=none in WSL', { variables: { BROWSER: 'none', WSL_INTEROP: '/x' } }, 'wsl', browserFirst, false],
  [
    'a browser of one’s own without a screen',
    { variables: { BROWSER: '/home/ada/bin/open' } },
    'headless',
    deviceFirst,
    true,
  ],
]

describe('signals that meet', () => {
  it.each(meetings)('%s', (_, given, place, doors, canOpenBrowser) => {
    expect(detect(given)).toMatchObject({ place, isInteractive: place !== 'ci', doors, canOpenBrowser })
  })

  it('are all named when they speak for the place, or against another', () => {
    expect(detect({ variables: { ...ssh, SSH_TTY: '/x', WSL_INTEROP: '/x', BROWSER: 'none' } }).reasons).toEqual([
      'SSH_CONNECTION is set',
      'SSH_TTY is set',
      'BROWSER is none',
    ])
    expect(detect({ variables: { CI: 'false', BUILDKITE: '1', DISPLAY: ':0' } }).reasons).toEqual([
      'CI is switched off',
      'DISPLAY is set',
    ])
  })
})

describe('without a terminal', () => {
  it('nobody is asked, and it says so', () => {
    expect(detect({ isTerminal: false, variables: { DISPLAY: ':0' } })).toEqual({
      place: 'desktop',
      isInteractive: false,
      doors: [],
      canOpenBrowser: true,
      reasons: ['DISPLAY is set', 'there is no terminal'],
    })
  })

  it('or with one, a host may say that nobody is to be asked', () => {
    const environment = detect({ variables: { DISPLAY: ':0' } }, { interactive: false })
    expect(environment).toMatchObject({ doors: [], reasons: ['DISPLAY is set', 'nobody is to be asked'] })
  })

  it('a host with a screen of its own may ask all the same', () => {
    const environment = detect({ isTerminal: false, variables: { DISPLAY: ':0' } }, { interactive: true })
    expect(environment).toMatchObject({ isInteractive: true, doors: browserFirst })
  })

  it('a sign-in that is needed fails with the command that helps', () => {
    const error = signInRequired(detect({ isTerminal: false }))
    expect(error.code).toBe('ERR_SIGN_IN_REQUIRED')
    expect(error.summary).toContain('there is no terminal')
    expect(error.advice).toContain('`planpass login --device`')
  })

  it('and in CI, it fails with the way to bring a credential along', () => {
    const error = signInRequired(detect({ variables: { GITHUB_ACTIONS: 'true' } }))
    expect(error.code).toBe('ERR_SIGN_IN_REQUIRED')
    expect(error.summary).toContain('GITHUB_ACTIONS is set')
    expect(error.advice).toContain('`planpass export --access-only`')
  })
})

describe('the facts of a host', () => {
  it('are this machine’s', async () => {
    const variables = { TERM: 'xterm' }
    const { kernelRelease, files: _, ...rest } = await readHostFacts({ variables, isTerminal: true })
    expect(rest).toEqual({ platform: process.platform, variables, isTerminal: true })
    expect(kernelRelease).toMatch(/^\d/)
  })

  it.each(markerFiles)('name %s when it is there', async (path) => {
    const root = await temporaryFolder()
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), '')
    const isThere = (file: string) =>
      access(join(root, file)).then(
        () => true,
        () => false,
      )
    const host = await readHostFacts({ platform: 'linux', variables: {}, isTerminal: true, isThere })
    expect(host.files).toEqual([path])
  })

  it('are not looked for on a disk where they cannot be', async () => {
    const isThere = async () => {
      throw new Error('Nobody should look.')
    }
    const host = await readHostFacts({ platform: 'darwin', variables: {}, isTerminal: true, isThere })
    expect(host.files).toBeUndefined()
  })
})

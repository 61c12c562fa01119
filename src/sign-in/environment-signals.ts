import type { HostFacts, markerFiles } from './environment-facts.js'

/** What a signal says of where we are. */
export type Trait =
  | 'ci'
  | 'no-ci'
  | 'codespaces'
  | 'devcontainer'
  | 'cloud'
  | 'ssh'
  | 'container'
  | 'shared-container'
  | 'wsl'
  | 'remote-editor'
  | 'display'

/** One thing that can be seen of a machine, and what it means. */
export interface Signal {
  readonly means: Trait
  /** In words, without the value: it may name people and addresses. */
  readonly reason: string
  isSeen(facts: Sight): boolean
}

/** What signals are looked for in. */
export type Sight = Omit<HostFacts, 'isTerminal'>

/** Everything that tells where a sign-in runs. */
export const signals: readonly Signal[] = [
  // A person says so, whatever else is set.
  { means: 'no-ci', reason: 'CI is switched off', isSeen: ({ variables }) => isOff(variables['CI']) },
  switchedOn('ci', 'CI'),
  switchedOn('ci', 'CONTINUOUS_INTEGRATION'),
  switchedOn('ci', 'GITHUB_ACTIONS'),
  switchedOn('ci', 'GITLAB_CI'),
  switchedOn('ci', 'BUILDKITE'),
  switchedOn('ci', 'CIRCLECI'),
  switchedOn('ci', 'TRAVIS'),
  switchedOn('ci', 'TF_BUILD'),
  switchedOn('ci', 'BITBUCKET_BUILD_NUMBER'),
  switchedOn('ci', 'CODEBUILD_BUILD_ID'),
  switchedOn('ci', 'JENKINS_URL'),
  switchedOn('ci', 'TEAMCITY_VERSION'),

  switchedOn('codespaces', 'CODESPACES'),
  switchedOn('devcontainer', 'REMOTE_CONTAINERS'),
  switchedOn('devcontainer', 'DEVCONTAINER'),
  switchedOn('cloud', 'GITPOD_WORKSPACE_ID'),
  switchedOn('cloud', 'CLOUD_SHELL'),
  switchedOn('cloud', 'ACC_CLOUD'),
  holding('cloud', 'AWS_EXECUTION_ENV', 'CloudShell'),

  // Any one of the three: `sudo`, terminal multiplexers and Windows each drop another.
  switchedOn('ssh', 'SSH_CONNECTION'),
  switchedOn('ssh', 'SSH_CLIENT'),
  switchedOn('ssh', 'SSH_TTY'),

  // Containers that share the network and the screen of the desktop they run on.
  switchedOn('shared-container', 'TOOLBOX_PATH'),
  switchedOn('shared-container', 'DISTROBOX_ENTER_PATH'),
  holding('shared-container', 'container', 'flatpak'),
  switchedOn('container', 'container'),
  switchedOn('container', 'KUBERNETES_SERVICE_HOST'),
  file('container', '/.dockerenv'),
  file('container', '/run/.containerenv'),

  switchedOn('wsl', 'WSL_DISTRO_NAME'),
  switchedOn('wsl', 'WSL_INTEROP'),
  // Under `sudo` the variables are gone.
  {
    means: 'wsl',
    reason: 'the kernel is the one of WSL',
    isSeen: ({ kernelRelease = '' }) => /microsoft/i.test(kernelRelease),
  },
  file('wsl', '/proc/sys/fs/binfmt_misc/WSLInterop'),
  file('wsl', '/proc/sys/fs/binfmt_misc/WSLInterop-late'),

  // Set in the terminals of an editor whose window is on another machine, and only there.
  switchedOn('remote-editor', 'VSCODE_IPC_HOOK_CLI'),

  switchedOn('display', 'DISPLAY'),
  switchedOn('display', 'WAYLAND_DISPLAY'),
]

/** What is seen, without what something else that is seen speaks against. */
export function traitsOf(facts: Sight): ReadonlySet<Trait> {
  const traits = new Set(signals.filter((signal) => signal.isSeen(facts)).map(({ means }) => means))
  if (traits.has('no-ci')) traits.delete('ci')
  if (traits.has('shared-container')) traits.delete('container')
  return traits
}

/** The variable is set, and does not say no. */
function switchedOn(means: Trait, name: string): Signal {
  const isSeen = ({ variables }: Sight) => isSet(variables[name]) && !isOff(variables[name])
  return { means, reason: `${name} is set`, isSeen }
}

function holding(means: Trait, name: string, value: string): Signal {
  return { means, reason: `${name} is ${value}`, isSeen: ({ variables }) => variables[name] === value }
}

function file(means: Trait, path: (typeof markerFiles)[number]): Signal {
  return { means, reason: `${path} is there`, isSeen: ({ files = [] }) => files.includes(path) }
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value.trim() !== ''
}

function isOff(value: string | undefined): boolean {
  return value !== undefined && /^\s*(false|0|no|off)\s*$/i.test(value)
}

import type { Clock } from '../core/index.js'

/** The world as the command line sees it. The process is one; the demo and the tests bring others. */
export interface Host {
  readonly environment: Environment
  readonly clock: Clock
  readonly stdout: Output
  readonly stderr: Output
  readonly stdin: Input
  /** Aborts when the person asks to stop: Ctrl-C, or a polite signal. */
  readonly interrupted: AbortSignal
}

export interface Output {
  write(text: string): void
  readonly isTerminal: boolean
  /** Width in characters; 80 when it is not a terminal. */
  readonly columns: number
}

export interface Input {
  readonly isTerminal: boolean
  /** Rejects with an `AbortError` when the person asks to stop. */
  readAll(): Promise<string>
  /** What is typed or pasted next, in one go; never resolves when nothing can come any more. Rejects with the signal's reason. */
  readPaste(signal: AbortSignal): Promise<string>
}

/** What tells where a sign-in runs, and how a browser is opened there. */
const placeVariables = [
  'BROWSER',
  'SystemRoot',
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
  'CODESPACES',
  'REMOTE_CONTAINERS',
  'DEVCONTAINER',
  'GITPOD_WORKSPACE_ID',
  'CLOUD_SHELL',
  'ACC_CLOUD',
  'AWS_EXECUTION_ENV',
  'SSH_CONNECTION',
  'SSH_CLIENT',
  'SSH_TTY',
  'TOOLBOX_PATH',
  'DISTROBOX_ENTER_PATH',
  'container',
  'KUBERNETES_SERVICE_HOST',
  'WSL_DISTRO_NAME',
  'WSL_INTEROP',
  'VSCODE_IPC_HOOK_CLI',
  'DISPLAY',
  'WAYLAND_DISPLAY',
] as const

/** The variables we read, and no others: a key in `OPENAI_API_KEY` is never looked at. */
export const environmentNames = [
  'PLANPASS_HOME',
  'PLANPASS_ISSUER',
  'PLANPASS_BACKEND_URL',
  'PLANPASS_API_URL',
  'PLANPASS_PASSPHRASE',
  'PLANPASS_VAULT_DATABASE_URL',
  'PLANPASS_VAULT_LISTEN_URL',
  'PLANPASS_VAULT_KEYS',
  'CODEX_ACCESS_TOKEN',
  'CODEX_CA_CERTIFICATE',
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'HTTPS_PROXY',
  'https_proxy',
  'HTTP_PROXY',
  'http_proxy',
  'ALL_PROXY',
  'all_proxy',
  'NO_PROXY',
  'no_proxy',
  'REQUEST_METHOD',
  'CODEX_HOME',
  'CHATGPT_LOCAL_HOME',
  'XDG_CONFIG_HOME',
  'APPDATA',
  'HOME',
  'USERPROFILE',
  'USER',
  'LOGNAME',
  'USERNAME',
  'PATH',
  'NO_COLOR',
  'TERM',
  ...placeVariables,
] as const

export type Environment = { readonly [Name in (typeof environmentNames)[number]]?: string | undefined }

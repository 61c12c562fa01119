import type { Variables } from '../sign-in/index.js'

/** The process that a credential is meant for: this one, or a child that is about to be started. */
export interface TargetEnvironment {
  /** What relative paths in the variables start from. */
  readonly cwd?: string | undefined
  readonly variables?: Variables | undefined
}

/** The one place outside the command line that reads the environment, for callers that name none. */
export function variablesOf(environment: TargetEnvironment | undefined): Variables {
  // oxlint-disable-next-line no-restricted-properties -- the default of every option called `environment`
  return environment?.variables ?? process.env
}

/** Whether somebody sits in front of this process. */
export function isAtTerminal(): boolean {
  // oxlint-disable-next-line no-restricted-properties -- looked at, never written to
  return process.stderr.isTTY
}

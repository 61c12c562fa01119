import { resolve } from 'node:path'
import type { Variables } from '../sign-in/index.js'

/** The process that a credential is meant for: this one, or a child that is about to be started. */
export interface TargetEnvironment {
  /** What relative paths in the variables start from. */
  readonly cwd?: string | undefined
  readonly variables?: Variables | undefined
}

/** Those that name a file or a folder. */
const pathVariables = ['PLANPASS_HOME', 'CODEX_HOME', 'CODEX_CA_CERTIFICATE', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS']

/**
 * The one place outside the command line that reads the environment, for callers that name none. A relative path starts where the process that
 * it is meant for runs, not where we do.
 */
export function variablesOf(environment: TargetEnvironment = {}): Variables {
  // oxlint-disable-next-line no-restricted-properties -- the default of every option called `environment`
  const { cwd, variables = process.env } = environment
  if (!cwd) return variables
  const named = pathVariables.flatMap((name) => {
    const path = variables[name]?.trim()
    return path ? [[name, resolve(cwd, path)] as const] : []
  })
  return { ...variables, ...Object.fromEntries(named) }
}

/** Whether Node's own connections believe any certificate here, whatever another process is told. */
export function believesAnyCertificate(): boolean {
  // oxlint-disable-next-line no-restricted-properties -- looked at, never written to
  return process.env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0'
}

/** Whether somebody sits in front of this process. */
export function isAtTerminal(): boolean {
  // oxlint-disable-next-line no-restricted-properties -- looked at, never written to
  return process.stderr.isTTY
}

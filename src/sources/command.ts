import { AuthError, Secret, systemClock, type Clock } from '../core/index.js'
import { bearerTokens, type ExternalAuth } from '../core/external.js'
import { createCachedSource } from './cached-source.js'
import { runCommand } from './run-command.js'

/** A provider-auth command, with the meaning and the defaults it has in the Codex CLI's configuration (protocol 7.2). */
export interface CommandSourceOptions {
  /** Absolute, relative to `cwd` when it contains a separator, else looked up on the PATH. Run without a shell. */
  readonly command: string
  readonly args?: readonly string[]
  /** When it is killed, with everything it started; default 5000. */
  readonly timeoutMs?: number
  /** After how long it is run again; default 300000. 0: only after a 401. */
  readonly refreshIntervalMs?: number
  /** Where it is run; default: the folder of this process. */
  readonly cwd?: string
  readonly clock?: Clock
}

/**
 * A command that prints an access token, e.g. `planpass token`. It gets no input, runs once at a time, and fails when it prints anything but
 * one token.
 *
 * @throws AuthError `ERR_CONFIG_TOKEN_SOURCE` at once; `ERR_TOKEN_SOURCE_FAILED` when it is run
 */
export function fromCommand(options: CommandSourceOptions): Required<ExternalAuth> {
  const { command, args = [], timeoutMs = 5000, refreshIntervalMs = 300_000, cwd, clock = systemClock } = options
  if (command.trim() === '') throw misconfigured('has no command')
  if (!(timeoutMs > 0)) throw misconfigured('has a time limit that is not above zero')
  if (!(refreshIntervalMs >= 0)) throw misconfigured('has a refresh interval below zero')
  const run = { command, args, timeoutMs, cwd, clock }
  return createCachedSource({
    ask: async () => ({ tokens: bearerTokens(new Secret(await runCommand(run))) }),
    refreshIntervalMs,
    clock,
  })
}

function misconfigured(why: string): AuthError {
  return new AuthError('ERR_CONFIG_TOKEN_SOURCE', `The token command ${why}.`)
}

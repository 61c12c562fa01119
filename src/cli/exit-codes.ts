import type { ErrorCode } from '../core/index.js'

/** Exit codes follow the areas of the error codes. */
const areas: readonly (readonly [prefix: string, exitCode: number])[] = [
  ['ERR_CONFIG_', 2],
  ['ERR_SIGN_IN_', 3],
  ['ERR_TOKEN_', 3],
  ['ERR_STORE_', 4],
  ['ERR_NETWORK_', 5],
  ['ERR_UPSTREAM_', 6],
  ['ERR_RPC_', 7],
]

export const exitCodes = { ok: 0, bug: 1, notSignedIn: 3, interrupted: 130 } as const

export function exitCodeOf(code: ErrorCode): number {
  return areas.find(([prefix]) => code.startsWith(prefix))?.[1] ?? exitCodes.bug
}

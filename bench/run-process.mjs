import { spawnSync } from 'node:child_process'

/**
 * Runs a program to its end, output and all. One that fails, or hangs, has no time worth measuring.
 *
 * @param {readonly [string, ...string[]]} command
 * @param {Record<string, string>} [env] its whole environment
 */
export function runProcess([program, ...args], env = {}) {
  const { status, error, stderr } = spawnSync(program, args, { env, timeout: 20_000, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${[program, ...args].join(' ')} failed.\n${stderr}`, { cause: error })
}

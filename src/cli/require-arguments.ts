import { AuthError } from '../core/index.js'
import type { Invocation } from './command.js'

/** The arguments, when there are as many as names. @throws AuthError `ERR_CONFIG_USAGE` */
export function requireArguments<Names extends readonly string[]>(
  { arguments: given }: Invocation,
  ...names: Names
): { [Index in keyof Names]: string } {
  if (given.length !== names.length) {
    throw new AuthError('ERR_CONFIG_USAGE', `This takes ${names.join(' and ')}, and nothing else.`)
  }
  return names.map((_, index) => given[index] ?? '') as { [Index in keyof Names]: string }
}

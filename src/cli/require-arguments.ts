import { AuthError } from '../core/index.js'
import type { Invocation } from './command.js'

/** The arguments, when there is one for each of `names`. @throws AuthError `ERR_CONFIG_USAGE` */
export function requireArguments({ arguments: given }: Invocation, ...names: readonly string[]): readonly string[] {
  if (given.length === names.length) return given
  throw new AuthError('ERR_CONFIG_USAGE', `This takes ${names.join(' and ')}, and nothing else.`)
}

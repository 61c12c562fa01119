import { parseArgs } from 'node:util'
import { AuthError } from '../core/index.js'
import type { CommandOptions, CommandSpec, OptionSpec } from './command.js'
import { commonOptions } from './commands.js'

export interface ParsedArguments {
  readonly arguments: readonly string[]
  readonly options: CommandOptions
}

/** @throws AuthError `ERR_CONFIG_USAGE` for an option or argument the command does not take */
export function parseArguments(name: string, spec: CommandSpec, argv: readonly string[]): ParsedArguments {
  const known: Readonly<Record<string, OptionSpec>> = { ...spec.options, ...commonOptions }
  const { values, positionals } = parseStrictly(name, known, argv)
  if (positionals.length > 0 && spec.takes === undefined) {
    throw usageError(name, `\`planpass ${name}\` takes no arguments.`)
  }
  const options: CommandOptions = {
    text: (option) => {
      const value = values[option]
      return typeof value === 'string' ? value : undefined
    },
    isSet: (option) => values[option] === true,
  }
  return { arguments: positionals, options }
}

function parseStrictly(name: string, known: Readonly<Record<string, OptionSpec>>, argv: readonly string[]) {
  const options = Object.fromEntries(Object.entries(known).map(([option, { type }]) => [option, { type }]))
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw usageError(name, describe(error))
  }
}

/** The parser's own message quotes the argument; only its first sentence is ours to show. */
function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : 'The arguments cannot be read'
  return `${message.split('. ')[0]?.replace(/\.$/, '') ?? message}.`
}

function usageError(name: string, summary: string): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', summary, { advice: `See \`planpass ${name} --help\`.` })
}

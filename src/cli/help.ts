import type { CommandSpec, OptionSpec } from './command.js'
import { commands, commonOptions } from './commands.js'

/** The help of `planpass` itself. */
export function generalHelp(): string {
  const names = Object.entries(commands).map(([name, { summary }]) => [name, summary] as const)
  return [
    'Sign in with your ChatGPT plan once, and every program you own can use it.',
    '',
    'Usage: planpass <command> [options]',
    '',
    ...toColumns(names),
    '',
    '`planpass <command> --help` explains a command; there is `--version` too.',
    'Unofficial: not affiliated with OpenAI. For one person and their own plan.',
    '',
  ].join('\n')
}

export function commandHelp(name: string, spec: CommandSpec): string {
  const usage = ['Usage: planpass', name, spec.takes, '[options]'].filter(Boolean).join(' ')
  const options = { ...spec.options, ...commonOptions }
  const rows = Object.entries(options).map(
    ([option, optionSpec]) => [optionLabel(option, optionSpec), optionSpec.about] as const,
  )
  return [`${spec.summary}.`, '', usage, '', ...toColumns(rows), ''].join('\n')
}

function optionLabel(name: string, spec: OptionSpec): string {
  return spec.value === undefined ? `--${name}` : `--${name} ${spec.value}`
}

function toColumns(rows: readonly (readonly [left: string, right: string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}

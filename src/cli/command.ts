import type { Host } from './host.js'

export interface OptionSpec {
  readonly type: 'boolean' | 'string'
  readonly about: string
  /** What stands for the value in the help: `--model NAME`. */
  readonly value?: string
}

/** What the command line knows of a command before it loads it. */
export interface CommandSpec {
  readonly summary: string
  /** Positional arguments, as in the help; none are accepted without it. */
  readonly takes?: string
  readonly options?: Readonly<Record<string, OptionSpec>>
  load(): Promise<{ readonly run: CommandRun }>
}

/** @returns the exit code */
export type CommandRun = (invocation: Invocation) => Promise<number>

export interface Invocation {
  readonly host: Host
  readonly arguments: readonly string[]
  readonly options: CommandOptions
}

/** Options as given, after a check against the table: a string or a switch each. */
export interface CommandOptions {
  text(name: string): string | undefined
  isSet(name: string): boolean
}

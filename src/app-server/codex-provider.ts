/** A program that prints a token, as the configuration of Codex names it (protocol 7.2). */
export interface AuthCommand {
  readonly command: string
  readonly args: readonly string[]
  /** When Codex kills it; five seconds when not given. */
  readonly timeoutMs?: number
}

/** A model provider for Codex whose tokens come from a command. */
export interface CodexProviderOptions {
  /** Of `serveCodexAuth`, or a program of your own. */
  readonly auth: AuthCommand
  /** Where requests go, without `/responses`; for a ChatGPT plan the backend's `…/codex`. */
  readonly baseUrl: string
  /** Under which id Codex knows it; `planpass` when not given. Letters, digits, `-` and `_`. */
  readonly id?: string
  /** What Codex shows; the id when not given. */
  readonly name?: string
  /** Sent with each request, for one `ChatGPT-Account-ID`. No secrets: they stand in the arguments of a process. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Flags that make Codex use that provider, for `codex exec`, the terminal program and `codex app-server` alike. They come on top of the
 * person's own configuration and change nothing else of it.
 *
 * ```ts
 * const server = await serveCodexAuth({ auth })
 * spawn('codex', ['exec', ...createCodexProviderFlags({ auth: server.command, baseUrl }), 'say hi'])
 * ```
 */
export function createCodexProviderFlags(options: CodexProviderOptions): string[] {
  const { auth, baseUrl, id = 'planpass', name = id, headers = {} } = options
  const settings = toTable({
    name: toText(name),
    base_url: toText(baseUrl),
    wire_api: toText('responses'),
    http_headers: toTable(mapValues(headers, toText)),
    auth: toTable({
      command: toText(auth.command),
      args: `[${auth.args.map(toText).join(', ')}]`,
      timeout_ms: String(auth.timeoutMs ?? 5000),
      // Asked again after a 401 and at no other time: only then does asking again mean that the token was refused.
      refresh_interval_ms: '0',
    }),
  })
  return ['-c', `model_provider=${toText(id)}`, '-c', `model_providers.${id}=${settings}`]
}

function toTable(members: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(members).map(([name, value]) => `${toText(name)} = ${value}`)
  return `{ ${pairs.join(', ')} }`
}

/** Every JSON text is a basic string of TOML, but for DEL, which TOML wants escaped (TOML 1.0, String). */
function toText(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', String.raw`\u007f`)
}

function mapValues(record: Readonly<Record<string, string>>, map: (value: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))
}

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AuthError, isJsonObject, readString, type JsonObject } from '../core/index.js'
import type { LoginRestrictions } from '../sources/index.js'

/** Where the Codex CLI keeps its sign-in (protocol 4.7). */
export type CredentialsStore = 'file' | 'keyring' | 'auto' | 'ephemeral'

/** What the configuration of a child says about its sign-in. */
export interface CodexConfig {
  readonly credentialsStore: CredentialsStore
  readonly restrictions: LoginRestrictions
}

const credentialsStores: readonly CredentialsStore[] = ['file', 'keyring', 'auto', 'ephemeral']

/**
 * The system's configuration, and the person's over it. A project's is not asked, trusted or not: whoever can write into a folder must not
 * decide where a credential lies or whose it has to be.
 *
 * @param systemFolder `/etc/codex` when not given
 * @throws AuthError `ERR_CONFIG_USAGE` naming the file
 */
export async function readCodexConfig(
  codexHome: string | undefined,
  systemFolder = '/etc/codex',
): Promise<CodexConfig> {
  const folders = codexHome === undefined ? [systemFolder] : [systemFolder, codexHome]
  const layers = folders.map((folder) => readLayer(join(folder, 'config.toml')))
  const merged: JsonObject = Object.assign({}, ...(await Promise.all(layers)))
  const method = readChoice(merged, 'forced_login_method', ['chatgpt', 'api'] as const)
  const workspaces = readWorkspaces(merged['forced_chatgpt_workspace_id'])
  return {
    credentialsStore: readChoice(merged, 'cli_auth_credentials_store', credentialsStores) ?? 'file',
    restrictions: {
      ...(method && { forcedLoginMethod: method }),
      ...(workspaces && { forcedChatgptWorkspaceId: workspaces }),
    },
  }
}

async function readLayer(path: string): Promise<JsonObject> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return ''
    throw unusable(path, `cannot be read (${String(code)})`, error)
  })
  if (text === '') return {}
  const { parse } = await import('smol-toml')
  try {
    const parsed: unknown = parse(text)
    return isJsonObject(parsed) ? parsed : {}
  } catch {
    // The parser's own error quotes the file, which may hold secrets of its own.
    throw unusable(path, 'is not valid TOML')
  }
}

function readChoice<Choice extends string>(
  config: JsonObject,
  key: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = readString(config, key)
  const choice = choices.find((known) => known === value)
  if (choice !== undefined || config[key] === undefined) return choice
  throw new AuthError('ERR_CONFIG_USAGE', `The configuration has a ${key} that is not known.`, {
    advice: `Use one of ${choices.join(', ')}.`,
  })
}

/** One id or a list of them; anything else would lift a restriction that was meant. */
function readWorkspaces(value: JsonObject[string]): readonly string[] | undefined {
  if (value === undefined) return undefined
  const list = [value].flat()
  if (list.every((id) => typeof id === 'string')) return list
  throw new AuthError('ERR_CONFIG_USAGE', 'The configuration has a forced_chatgpt_workspace_id that is no text.', {
    advice: 'Name one workspace, or a list of them.',
  })
}

function unusable(path: string, why: string, cause?: unknown): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', `${path} ${why}.`, { advice: 'Correct the file.', cause })
}

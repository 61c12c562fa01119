import { isAbsolute, join, resolve } from 'node:path'
import { AuthError } from '../core/index.js'

/** Variables as a host gives them; those that are `undefined` are left out. */
export type EnvironmentInput = Readonly<Record<string, string | undefined>>

/** What the child is given, all of it. */
export type ChildEnvironment = Readonly<Record<string, string>>

/** They would win over the sign-in, in the child or in what it starts (protocol 10.1); a paid key is nothing to fall into. */
const otherCredentials = ['CODEX_API_KEY', 'CODEX_ACCESS_TOKEN', 'OPENAI_API_KEY']

/**
 * The child's environment out of what the host named, and of nothing else.
 *
 * @param isSignedInByUs Withholds the variables that would win over our credential.
 * @throws AuthError `ERR_CONFIG_USAGE` for what is no set of variables
 */
export function toChildEnvironment(input: EnvironmentInput, isSignedInByUs: boolean): ChildEnvironment {
  if (typeof input !== 'object' || Array.isArray(input)) throw invalid('is no object of variables')
  const entries = Object.entries(input).filter(([name]) => !(isSignedInByUs && otherCredentials.includes(name)))
  for (const [name, value] of entries) {
    const isText = value === undefined || typeof value === 'string'
    if (!isText || name === '' || /[=\0]/.test(name) || value?.includes('\0')) throw invalid(`has a bad ${name}`)
  }
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/** @throws AuthError `ERR_CONFIG_USAGE` for a folder that is not absolute */
export function requireFolder(cwd: string): string {
  if (typeof cwd === 'string' && isAbsolute(cwd)) return cwd
  throw new AuthError('ERR_CONFIG_USAGE', 'The working folder of the app server is no absolute path.', {
    advice: 'Name it in full.',
  })
}

/** Where the child keeps its state, by its own variables: `CODEX_HOME`, else `.codex` in its home (protocol 10.2). */
export function findCodexHome(environment: ChildEnvironment, cwd: string): string | undefined {
  if (environment['CODEX_HOME']) return resolve(cwd, environment['CODEX_HOME'])
  const home = environment['HOME'] || environment['USERPROFILE']
  return home ? join(home, '.codex') : undefined
}

function invalid(why: string): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', `The environment of the app server ${why}.`, {
    advice: 'Give an object of names and texts, such as `{ PATH, HOME }`.',
  })
}

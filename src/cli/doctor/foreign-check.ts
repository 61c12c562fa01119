import { join } from 'node:path'
import type { Environment } from '../host.js'
import type { Check } from './check.js'
import { readMode } from './store-checks.js'

/** Sign-ins of other tools. They are named, with their mode; what is in them is not looked at. */
export const checkForeign: Check = async ({ host, profile: { authFile } }) => {
  const places = placesOf(host.environment).filter((path) => path !== authFile)
  const found = (await Promise.all(places.map(readMode))).flatMap((mode) => mode ?? [])
  if (found.length === 0) return { state: 'ok', summary: 'No other tool has a sign-in here.' }
  const summary = `Left alone: ${found.map(({ path, mode }) => `${path} (${mode})`).join(', ')}.`
  const open = process.platform === 'win32' ? [] : found.filter(({ isOpen }) => isOpen)
  if (open.length === 0) return { state: 'ok', summary }
  const advice = `Others on this machine can read it: run \`chmod 600 ${open.map(({ path }) => path).join(' ')}\`.`
  return { state: 'warn', summary, advice }
}

function placesOf({ CODEX_HOME, CHATGPT_LOCAL_HOME, HOME, USERPROFILE }: Environment): string[] {
  const home = HOME || USERPROFILE
  const folders = [
    CODEX_HOME,
    home && join(home, '.codex'),
    CHATGPT_LOCAL_HOME,
    home && join(home, '.chatgpt-local'),
  ].flatMap((folder) => folder || [])
  return [...new Set(folders.map((folder) => join(folder, 'auth.json')))]
}

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of skills that came with this package, wherever this file was bundled to; `undefined` when it was taken out of it. */
export function findSkillsFolder(from: string = import.meta.url): string | undefined {
  for (let folder = dirname(fileURLToPath(from)); folder !== dirname(folder); folder = dirname(folder)) {
    const skills = join(folder, 'skills')
    if (existsSync(join(skills, 'chatgpt-codex-onboarding/SKILL.md'))) return skills
  }
  return undefined
}

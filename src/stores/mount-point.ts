import { readFile } from 'node:fs/promises'

/**
 * True when the file itself is mounted, as containers do it. Linux only; elsewhere files are not.
 *
 * @param target With links followed: mount points are listed that way (proc(5), `/proc/pid/mountinfo`, field 5).
 */
export async function isMountPoint(target: string): Promise<boolean> {
  if (process.platform !== 'linux') return false
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '')
  return table.split('\n').some((line) => unescape(line.split(' ')[4] ?? '') === target)
}

/** Blanks and backslashes are written as octal numbers. */
function unescape(field: string): string {
  return field.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)))
}

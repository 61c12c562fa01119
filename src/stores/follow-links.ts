import { readlink, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { isMissing, systemCode } from './file-errors.js'

/** The file that `path` stands for in the end, whether it is there or not: all names of one file share one lock, and no link is replaced. */
export async function followLinks(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  const link = await readLink(path)
  if (link !== undefined) return followLinks(resolve(dirname(path), link))
  const folder = dirname(path)
  return folder === path ? path : join(await followLinks(folder), basename(path))
}

async function readLink(path: string): Promise<string | undefined> {
  try {
    return await readlink(path)
  } catch (error) {
    if (isMissing(error) || systemCode(error) === 'EINVAL' || systemCode(error) === 'ENOTDIR') return undefined
    throw error
  }
}

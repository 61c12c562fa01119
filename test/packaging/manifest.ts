import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The folder of the package, which is the root of the repository. */
export const packageFolder = join(import.meta.dirname, '../..')

export interface Manifest {
  readonly exports: Record<string, string | { readonly types: string; readonly default: string }>
}

export async function readJson<Shape>(path: string): Promise<Shape> {
  return JSON.parse(await readFile(join(packageFolder, path), 'utf8')) as Shape
}

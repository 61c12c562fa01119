import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Bring a load of their own, which fills the machine: one at a time, when all others are done. */
const storms = /[/-](?:bench|fleet|storm)[-.]/
/** Start programs and servers by the dozen, and lean on what a process has once. */
const folders = /^test\/(?:examples|interop|packaging|processes|vault)\//
/** Would replace modules for whoever comes after it in the same process. */
const replacesModules = /\bvi\.(?:mock|doMock|resetModules)\(/

/**
 * The files below `test/` but for `test/system/`, as projects of vitest, by how much they have to be kept apart. Loading the sources costs
 * half a second of work, more than most files take to run, so all that can do so share a process.
 *
 * @param {string} root the package's folder
 * @returns {import('vitest/config').TestProjectInlineConfiguration[]}
 */
export function testProjects(root) {
  const files = { apart: [], shared: [], storms: [] }
  for (const path of testFiles(root)) files[projectOf(root, path)].push(path)
  return [
    project('apart', files.apart),
    project('shared', files.shared, { isolate: false }),
    project('storms', files.storms, { fileParallelism: false }),
  ]
}

function testFiles(root) {
  const names = readdirSync(join(root, 'test'), { recursive: true }).map((name) => `test/${name.replaceAll('\\', '/')}`)
  return names.filter((name) => name.endsWith('.test.ts') && !name.startsWith('test/system/'))
}

function projectOf(root, path) {
  if (storms.test(path)) return 'storms'
  const isApart = folders.test(path) || replacesModules.test(readFileSync(join(root, path), 'utf8'))
  return isApart ? 'apart' : 'shared'
}

function project(name, include, options) {
  return { extends: true, test: { name, include, ...options } }
}

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const file = pathToFileURL(join(import.meta.dirname, '../../dist/cli/serve/collect-late.js')).href

/** What a process says that does `work`. An engine complains of a flag that it does not know, and goes on. */
async function complaints(work: string): Promise<string> {
  const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', work])
  return stderr
}

it('asks the engine to collect late by a flag that it knows; docs/benchmarks.md says what that saves', async () => {
  expect(await complaints(`import { collectLate } from '${file}'; collectLate()`)).toBe('')
  expect(await complaints(`process.getBuiltinModule('v8').setFlagsFromString('--no-such-flag')`)).toContain('flag')
})

import { expect } from 'vitest'
import type { ErrorCode } from '../../src/core/index.js'
import type { CliResult } from './cli-process.js'

/** A failure is one line of what happened and one of what to do, with its code; stdout holds no data. */
export function expectFailure(result: CliResult, exitCode: number, code: ErrorCode): void {
  expect(result.stderr).toMatch(/^planpass: .+\.\n.+\. \(ERR_[A-Z_]+\)\n$/)
  expect(result.stderr).toContain(`(${code})`)
  expect({ exitCode: result.exitCode, stdout: result.stdout }).toEqual({ exitCode, stdout: '' })
}

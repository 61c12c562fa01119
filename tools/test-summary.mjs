// Counts the JSON reports of the test runs and prints the sum as one line. Fails when anything failed, was skipped,
// or when nothing ran at all: a test that does not run proves nothing.
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { reportFolder } from './test-reporters.mjs'

const sum = { passed: 0, failed: 0, skipped: 0 }
await mkdir(reportFolder, { recursive: true })
for (const name of await readdir(reportFolder)) {
  const report = JSON.parse(await readFile(join(reportFolder, name), 'utf8'))
  sum.passed += report.numPassedTests
  sum.failed += report.numFailedTests + filesThatFailedToLoad(report)
  sum.skipped += report.numPendingTests + report.numTodoTests
}

console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ''}`)
process.exitCode = sum.passed > 0 && sum.failed === 0 && sum.skipped === 0 ? 0 : 1

/** A file that throws while loading fails without a single failed test of its own. */
function filesThatFailedToLoad(report) {
  return report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length
}

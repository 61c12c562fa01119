import { defineConfig } from 'vitest/config'
import { reporters } from './tools/test-reporters.mjs'

/** What needs root or system packages; `.ci/run` installs them, and a missing one fails its test with the line that installs it. */
export default defineConfig({
  test: {
    include: ['test/system/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    // A page is a process of its own, on a machine that may be busy.
    expect: { poll: { timeout: 15_000 } },
    ...reporters('system-tests'),
  },
})

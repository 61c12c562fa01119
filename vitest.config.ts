import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { testProjects } from './tools/test-projects.mjs'
import { reporters } from './tools/test-reporters.mjs'

export default defineConfig({
  test: {
    projects: testProjects(import.meta.dirname),
    // By default one processor is left free, and a machine with two runs one file at a time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    setupFiles: ['test/canary/console-guard.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    ...reporters('tests'),
  },
})

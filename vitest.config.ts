import { defineConfig } from 'vitest/config'
import { reporters } from './tools/test-reporters.mjs'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/system/**'],
    setupFiles: ['test/canary/console-guard.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    ...reporters('tests'),
  },
})

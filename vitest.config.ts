import { defineConfig } from 'vitest/config'
import { reporters } from './tools/test-reporters.mjs'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/system/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    ...reporters('tests'),
  },
})

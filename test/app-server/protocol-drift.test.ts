import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

it('the types of the wire are those of the pinned binary', async () => {
  const generator = '../../tools/generate-app-server-types.mjs'
  const { generateTypes, generatedFile } = (await import(generator)) as {
    generateTypes: () => string
    generatedFile: string
  }
  expect(await readFile(generatedFile, 'utf8')).toBe(generateTypes())
})

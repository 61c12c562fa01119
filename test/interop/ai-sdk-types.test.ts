import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { packageFolder, readJson } from '../packaging/manifest.js'

const program = `
import { createProviderRegistry, generateText, streamText } from 'ai'
import { createOpenAIOAuth } from './index.js'

const openai = createOpenAIOAuth({ tokens: { accessToken: '' } })
const registry = createProviderRegistry({ openai })
void generateText({ model: openai('gpt-6.1-sol'), prompt: 'Hello' })
void streamText({ model: registry.languageModel('openai:gpt-6.1-sol'), prompt: 'Hello' })
`

/** Most files are the same in all three programs, and so are the options they are parsed with. */
const parsed = new Map<string, ts.SourceFile | undefined>()

function parseOnce(file: string, parse: () => ts.SourceFile | undefined): ts.SourceFile | undefined {
  if (!parsed.has(file)) parsed.set(file, parse())
  return parsed.get(file)
}

/** What a compiler says of the room, and of a program that uses it, where these packages are installed under their own names. */
async function diagnose(packages: Readonly<Record<string, string>>): Promise<string[]> {
  const place = (path: string) => join(packageFolder, 'node_modules', path, 'dist/index.d.ts')
  const { compilerOptions } = await readJson<{ compilerOptions: object }>('tsconfig.base.json')
  const paths = Object.fromEntries(Object.entries(packages).map(([name, path]) => [name, [place(path)]]))
  const web = { types: [], lib: ['ES2023', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'] }
  const more = { ...web, composite: false, declaration: false, noEmit: true, paths }
  const { options } = ts.convertCompilerOptionsFromJson({ ...compilerOptions, ...more }, packageFolder)
  const path = join(packageFolder, 'src/ai-sdk/a-program.ts')
  const disk = ts.createCompilerHost(options)
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (file) => file === path || disk.fileExists(file),
    readFile: (file) => (file === path ? program : disk.readFile(file)),
    getSourceFile: (file, version) =>
      file === path
        ? ts.createSourceFile(file, program, version)
        : parseOnce(file, () => disk.getSourceFile(file, version)),
  }
  const compiled = ts.createProgram([path], options, host)
  return ts.getPreEmitDiagnostics(compiled).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

describe('the types of the provider', () => {
  it.each([
    ['6', { ai: 'ai', '@ai-sdk/openai': '@ai-sdk/openai' }],
    ['7', { ai: 'ai-7', '@ai-sdk/openai': 'ai-sdk-openai-4' }],
  ])('are those of the AI SDK %s where that is installed', async (_, packages) => {
    expect(await diagnose(packages)).toEqual([])
  })

  it('are none of both at once, so that this test would notice', async () => {
    expect(await diagnose({ ai: 'ai', '@ai-sdk/openai': 'ai-sdk-openai-4' })).not.toEqual([])
  })
})

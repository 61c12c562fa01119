import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { commands, commonOptions } from '../../src/cli/commands.js'
import { environmentNames } from '../../src/cli/host.js'
import { packageFolder, readJson } from './manifest.js'

interface Page {
  /** From the root of the repository. */
  readonly path: string
  readonly text: string
}

interface Block {
  /** The page and the line of the fence, as in `README.md:73`. */
  readonly place: string
  readonly language: string
  readonly code: string
  /** The code on the very lines it has in its page, so that the compiler names those. */
  readonly source: string
}

async function readPages(): Promise<Page[]> {
  const inDocs = await readdir(join(packageFolder, 'docs'), { recursive: true })
  const paths = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...inDocs.map((path) => join('docs', path))]
  const read = async (path: string) => ({ path, text: await readFile(join(packageFolder, path), 'utf8') })
  return Promise.all(paths.filter((path) => path.endsWith('.md')).map(read))
}

function blocksOf({ path, text }: Page): Block[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(({ 1: language = '', 2: code = '', index }) => {
    const line = text.slice(0, index).split('\n').length
    return { place: `${path}:${line}`, language, code, source: '\n'.repeat(line) + code }
  })
}

const pages = await readPages()
const typescriptBlocks = pages.flatMap(blocksOf).filter(({ language }) => language === 'ts')

/** The blocks as modules of this package, which may import it by its own name: no file is written for it. */
async function compile(blocks: readonly Block[]): Promise<string[]> {
  const { compilerOptions } = await readJson<{ compilerOptions: object }>('tsconfig.base.json')
  const unused = { noUnusedLocals: false, composite: false, declaration: false }
  const { options, errors } = ts.convertCompilerOptionsFromJson(
    { ...compilerOptions, ...unused, noEmit: true, moduleDetection: 'force', types: ['node'] },
    packageFolder,
  )
  const sources = new Map(blocks.map(({ place, source }) => [join(packageFolder, `${toFileName(place)}.ts`), source]))
  const disk = ts.createCompilerHost(options)
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (path) => sources.has(path) || disk.fileExists(path),
    readFile: (path) => sources.get(path) ?? disk.readFile(path),
    getSourceFile(path, languageVersion) {
      const source = sources.get(path)
      if (source === undefined) return disk.getSourceFile(path, languageVersion)
      return ts.createSourceFile(path, source, languageVersion)
    },
  }
  const program = ts.createProgram([...sources.keys()], options, host)
  return [...errors, ...ts.getPreEmitDiagnostics(program)].map(describeDiagnostic)
}

function toFileName(place: string): string {
  return place.replaceAll('/', '--').replace(':', '.')
}

/** `docs--emulator.md.12.ts` is a block of `docs/emulator.md`; the line is the page's own. */
function describeDiagnostic({ file, start, messageText }: ts.Diagnostic): string {
  const message = ts.flattenDiagnosticMessageText(messageText, '\n')
  if (file === undefined || start === undefined) return message
  const page = file.fileName
    .slice(packageFolder.length + 1)
    .replace(/\.\d+\.ts$/, '')
    .replaceAll('--', '/')
  return `${page}:${file.getLineAndCharacterOfPosition(start).line + 1} ${message}`
}

/** Runs a block as a user would who has the package installed: the root of the repository resolves its own name. */
function run({ code }: Block): Promise<{ exitCode: number | null; output: string }> {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
  })
  const environment = { PATH: process.env['PATH'] }
  const child = spawn(process.execPath, ['--input-type=module', '-'], { cwd: packageFolder, env: environment })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stdin.end(outputText)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode, output }))
  })
}

/** What stands in code in a page: between backquotes, or in a block that is no TypeScript. */
function codeOf(page: Page): string {
  const fenced = blocksOf(page).filter(({ language }) => language !== 'ts')
  const prose = page.text.replaceAll(/^```.*?^```$/gms, '')
  return [...fenced.map(({ code }) => code), ...[...prose.matchAll(/`([^`]+)`/g)].map(([, code]) => code)].join('\n')
}

function named(pattern: RegExp): string[] {
  const readme = pages.find(({ path }) => path === 'README.md')
  if (readme === undefined) throw new TypeError('There is no README.md.')
  return [...new Set([...codeOf(readme).matchAll(pattern)].map(([, name = '']) => name))]
}

describe('the TypeScript in the documents', () => {
  it('compiles against what the package exports', async () => {
    expect(typescriptBlocks.length).toBeGreaterThan(0)
    expect(await compile(typescriptBlocks)).toEqual([])
  })

  it.each(typescriptBlocks.filter(({ place }) => place.startsWith('docs/emulator.md')))(
    'runs: $place',
    async (block) => {
      expect(await run(block)).toMatchObject({ exitCode: 0 })
    },
  )
})

describe('the README', () => {
  it('names no command that does not exist', () => {
    const names = named(/\bplanpass ([a-z]+)\b/g)
    expect(names).toContain('login')
    expect(names.filter((name) => !(name in commands))).toEqual([])
  })

  it('names no option that does not exist', () => {
    const taken = [commonOptions, ...Object.values(commands).map(({ options = {} }) => options)].flatMap(Object.keys)
    const names = named(/(?<![\w-])--([a-z][a-z-]*)/g)
    expect(names).toContain('issuer')
    expect(names.filter((name) => !taken.includes(name))).toEqual([])
  })

  it('names no variable that is not read', () => {
    // The Codex CLI's own, which a profile folder can serve as.
    const known: readonly string[] = [...environmentNames, 'CODEX_HOME']
    const names = named(/\b([A-Z]+(?:_[A-Z]+)+)\b/g).filter((name) => !name.startsWith('ERR_'))
    expect(names).toContain('PLANPASS_HOME')
    expect(names.filter((name) => !known.includes(name))).toEqual([])
  })
})

describe('the links of the documents', () => {
  it.each(pages)('lead to files that exist: $path', ({ path, text }) => {
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
    const relative = targets.filter((target) => !/^(?:[a-z]+:|#)/.test(target)).map((target) => target.split('#')[0])
    const missing = relative.filter((target = '') => !existsSync(join(packageFolder, dirname(path), target)))
    expect(missing).toEqual([])
  })
})

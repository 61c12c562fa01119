import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'

const folder = join(import.meta.dirname, '../../deploy/vault')

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
}

interface ComposeService {
  readonly image: string
  readonly depends_on?: Readonly<Record<string, object>>
  readonly secrets?: readonly string[]
  readonly volumes?: readonly string[]
  readonly command?: readonly string[]
}

interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly secrets: object
  readonly volumes: object
}

/** Where the types of Kubernetes' own schema keep the kinds of a group. */
const groupFolders: Readonly<Record<string, string>> = {
  v1: 'core/v1',
  'apps/v1': 'apps/v1',
  'batch/v1': 'batch/v1',
  'policy/v1': 'policy/v1',
}

/** What the compiler has against `source`, which lies in this folder as far as it knows. */
function complaintsAbout(source: string): string[] {
  const name = join(import.meta.dirname, 'manifests.virtual.ts')
  const options = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  }
  const host = ts.createCompilerHost(options)
  const read = host.getSourceFile.bind(host)
  host.getSourceFile = (file, ...rest) =>
    file === name ? ts.createSourceFile(file, source, ts.ScriptTarget.Latest) : read(file, ...rest)
  const program = ts.createProgram([name], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
}

function toTypedSource(manifests: readonly Manifest[]): string {
  const lines = manifests.map((manifest, index) => {
    const type = `import('kubernetes-types/${groupFolders[manifest.apiVersion]}').${manifest.kind}`
    return `export const manifest${index}: ${type} = ${JSON.stringify(manifest)}`
  })
  return lines.join('\n')
}

describe('the manifest for Kubernetes', () => {
  it('holds what the schema of its kinds knows, and nothing else', async () => {
    const text = await readFile(join(folder, 'kubernetes.yaml'), 'utf8')
    const manifests = parseAllDocuments(text).map((document) => document.toJS() as Manifest)
    expect(manifests.map(({ kind }) => kind)).toContain('Deployment')
    const typo = { apiVersion: 'v1', kind: 'Service', spec: { portz: [] } }
    const complaints = complaintsAbout(toTypedSource([...manifests, typo]))
    expect(complaints).toHaveLength(1)
    expect(complaints[0]).toContain('portz')
  })
})

describe('the compose file', () => {
  it('names only services, volumes and secrets that it has, and takes every password from outside', async () => {
    const text = await readFile(join(folder, 'compose.yaml'), 'utf8')
    const { services, secrets, volumes } = parse(text, { merge: true }) as Compose
    for (const service of Object.values(services)) {
      expect(Object.keys(services)).toEqual(expect.arrayContaining(Object.keys(service.depends_on ?? {})))
      expect(Object.keys(secrets)).toEqual(expect.arrayContaining([...(service.secrets ?? [])]))
      const named = (service.volumes ?? [])
        .filter((volume) => !/^[./]/.test(volume))
        .map((volume) => volume.split(':')[0])
      expect(Object.keys(volumes)).toEqual(expect.arrayContaining(named))
      const mounted = (service.command ?? []).flatMap((word) => /^\/run\/secrets\/(.+)$/.exec(word)?.[1] ?? [])
      expect(service.secrets ?? []).toEqual(expect.arrayContaining(mounted))
    }
    expect(text.match(/\$\{[^}]*\}/g)?.every((variable) => /^\$\{[A-Z_]+:\?\}$/.test(variable))).toBe(true)
    expect(text.match(/PASSWORD: (?!\$)/g)).toBeNull()
  })
})

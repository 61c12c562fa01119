import { describe, expect, it } from 'vitest'
import { type BackendUnderTest, createBackendUnderTest } from './backend-under-test.js'

const path = '/backend-api/codex/models?client_version='

async function slugs(backend: BackendUnderTest, clientVersion: string): Promise<string[]> {
  const response = await backend.get(path + clientVersion)
  const { models } = (await response.json()) as { models: { slug: string }[] }
  return models.map(({ slug }) => slug)
}

describe('models', () => {
  it('lists what the client version may see, hidden models included', async () => {
    expect(await slugs(createBackendUnderTest(), '0.169.0')).toEqual([
      'gpt-6.1-sol',
      'gpt-6-luna',
      'gpt-5.5',
      'codex-auto-review',
    ])
  })

  it.each([
    ['0.97.9', []],
    ['0.98.0', ['codex-auto-review']],
    ['0.124.0-alpha.3', ['gpt-5.5', 'codex-auto-review']],
    ['1', ['gpt-6.1-sol', 'gpt-6-luna', 'gpt-5.5', 'codex-auto-review', 'gpt-7-preview']],
  ])('compares the version %s number by number', async (version, expected) => {
    expect(await slugs(createBackendUnderTest(), version)).toEqual(expected)
  })

  it('refuses a request without a client version', async () => {
    const response = await createBackendUnderTest().get('/backend-api/codex/models')
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ detail: [{ loc: ['query', 'client_version'] }] })
  })

  it('answers 304 to the ETag it gave', async () => {
    const backend = createBackendUnderTest()
    const etag = (await backend.get(`${path}0.169.0`)).headers.get('etag') ?? ''
    const response = await backend.get(`${path}0.169.0`, { 'if-none-match': etag })
    expect(response.status).toBe(304)
    expect(response.headers.get('etag')).toBe(etag)
    expect(await response.text()).toBe('')
  })

  it('gives another ETag to another version and to another catalogue', async () => {
    const backend = createBackendUnderTest()
    const first = (await backend.get(`${path}0.169.0`)).headers.get('etag')
    const older = (await backend.get(`${path}0.130.0`)).headers.get('etag')
    backend.scenario.models = []
    const emptied = (await backend.get(`${path}0.169.0`)).headers.get('etag')
    expect(new Set([first, older, emptied]).size).toBe(3)
  })
})

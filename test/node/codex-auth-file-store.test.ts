import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openSession } from '../../src/ai-sdk/open-session.js'
import { createCodexAuthFileStore, type CodexAuthFileStoreOptions } from '../../src/node/codex-auth-file-store.js'
import { createEmulator } from '../../src/testing/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { createHurryingClock } from '../support/hurrying-clock.js'
import { authTextFrom } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'
import { temporaryFolder } from '../support/temporary-folder.js'

/** A person's home, with this sign-in in the folders that are named. */
async function home(...folders: readonly string[]) {
  const homeFolder = await temporaryFolder()
  const clock = createHurryingClock()
  const emulator = createEmulator({ clock, signingKey })
  const texts = new Map<string, string>()
  for (const folder of folders) {
    const path = join(homeFolder, folder, 'auth.json')
    texts.set(path, await authTextFrom(emulator))
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, texts.get(path) ?? '', { mode: 0o644 })
  }
  const pathIn = (folder: string) => join(homeFolder, folder, 'auth.json')
  const accessTokenIn = (folder: string): string =>
    JSON.parse(texts.get(pathIn(folder)) ?? '').tokens.access_token as string
  const open = (options: CodexAuthFileStoreOptions = {}) =>
    createCodexAuthFileStore({ homeFolder, variables: {}, clock, ...options })
  const openSessionOver = (tokenStore: ReturnType<typeof open>) =>
    openSession({
      tokenStore,
      clock,
      issuer: emulator.issuer,
      baseURL: `${emulator.backendUrl}/codex`,
      fetch: emulator.fetch,
    })
  return { homeFolder, clock, emulator, texts, pathIn, accessTokenIn, open, openSessionOver }
}

async function traceOf(path: string) {
  const { ino, mode, mtimeMs, ctimeMs } = await stat(path)
  return { ino, mode, mtimeMs, ctimeMs, text: await readFile(path, 'utf8') }
}

describe('the file of another program', () => {
  it('is the first of the four that is there', async () => {
    const lab = await home('local', 'codex', '.chatgpt-local', '.codex')
    const variables = { CHATGPT_LOCAL_HOME: join(lab.homeFolder, 'local'), CODEX_HOME: join(lab.homeFolder, 'codex') }
    const tokenOf = async (options: CodexAuthFileStoreOptions) => (await lab.open(options).load())?.accessToken
    expect(await tokenOf({ variables })).toBe(lab.accessTokenIn('local'))
    expect(await tokenOf({ variables: { CODEX_HOME: variables.CODEX_HOME } })).toBe(lab.accessTokenIn('codex'))
    expect(await tokenOf({})).toBe(lab.accessTokenIn('.chatgpt-local'))
    expect(await tokenOf({ authFilePath: lab.pathIn('.codex') })).toBe(lab.accessTokenIn('.codex'))
  })

  it('is called auth.json, since its locks lie around a file of that name', async () => {
    const authFilePath = '/home/me/.codex/auth.json.bak'
    expect(await caughtCode(() => createCodexAuthFileStore({ authFilePath }))).toBe('ERR_CONFIG_TOKEN_SOURCE')
  })

  it('may not be there yet', async () => {
    const lab = await home()
    const tokenStore = lab.open()
    expect(await tokenStore.load()).toBeUndefined()
    const session = lab.openSessionOver(tokenStore)
    expect(await caughtCode(session.fetch(`${lab.emulator.backendUrl}/wham/usage`))).toBe('ERR_SIGN_IN_REQUIRED')
  })
})

describe('a borrowed file', () => {
  it('gives everything but the refresh token, and is not touched', async () => {
    const lab = await home('.codex')
    const before = await traceOf(lab.pathIn('.codex'))
    const tokens = await lab.open().load()
    expect(tokens).toMatchObject({ accessToken: lab.accessTokenIn('.codex'), accountId: expect.any(String) })
    expect(tokens).not.toHaveProperty('refreshToken')
    expect(await traceOf(lab.pathIn('.codex'))).toEqual(before)
  })

  it('is used until its token ends, and then only its owner can help', async () => {
    const lab = await home('.codex')
    const before = await traceOf(lab.pathIn('.codex'))
    const session = lab.openSessionOver(lab.open())
    const url = `${lab.emulator.backendUrl}/wham/usage`
    expect((await session.fetch(url)).status).toBe(200)
    await lab.clock.sleep(61 * 60_000)
    const error = await caughtAuthError(session.fetch(url))
    expect(error.code).toBe('ERR_TOKEN_NOT_REFRESHABLE')
    expect(error.message).toContain('the Codex CLI')
    expect(lab.emulator.counters.refresh.ok).toBe(0)
    expect(await traceOf(lab.pathIn('.codex'))).toEqual(before)
  })

  it('is read again when its owner has refreshed it', async () => {
    const lab = await home('.codex')
    const session = lab.openSessionOver(lab.open())
    const url = `${lab.emulator.backendUrl}/wham/usage`
    await session.fetch(url)
    await lab.clock.sleep(61 * 60_000)
    await writeFile(lab.pathIn('.codex'), await authTextFrom(lab.emulator))
    expect((await session.fetch(url)).status).toBe(200)
  })

  it('is never written', async () => {
    const lab = await home('.codex')
    const before = await traceOf(lab.pathIn('.codex'))
    const saving = lab.open().save({ accessToken: 'a.b.c', refreshToken: 'rt', idToken: 'a.b.c' })
    expect(await caughtCode(saving)).toBe('ERR_TOKEN_NOT_REFRESHABLE')
    expect(await traceOf(lab.pathIn('.codex'))).toEqual(before)
  })
})

describe('a shared file', () => {
  it('is refreshed under its locks, with every other member kept', async () => {
    const lab = await home('.codex')
    const session = lab.openSessionOver(lab.open({ share: true }))
    await lab.clock.sleep(61 * 60_000)
    expect((await session.fetch(`${lab.emulator.backendUrl}/wham/usage`)).status).toBe(200)
    const document = JSON.parse(await readFile(lab.pathIn('.codex'), 'utf8'))
    expect(document.tokens.access_token).not.toBe(lab.accessTokenIn('.codex'))
    expect(document).toHaveProperty('OPENAI_API_KEY', null)
    expect(lab.emulator.counters.refresh.ok).toBe(1)
  })

  it('takes a new sign-in, where there was none too', async () => {
    const lab = await home()
    await mkdir(join(lab.homeFolder, '.codex'))
    const { idToken, accessToken, refreshToken } = await lab.emulator.issueTokens()
    const tokenStore = lab.open({ share: true })
    await tokenStore.save({ idToken, accessToken, refreshToken })
    expect(await tokenStore.load()).toMatchObject({ idToken, accessToken, refreshToken })
    expect((await stat(lab.pathIn('.codex'))).mode & 0o777).toBe(0o600)
  })

  it('takes no half a sign-in', async () => {
    const lab = await home('.codex')
    expect(await caughtCode(lab.open({ share: true }).save({ accessToken: 'a.b.c' }))).toBe('ERR_STORE_WRITE')
    expect(await readFile(lab.pathIn('.codex'), 'utf8')).toBe(lab.texts.get(lab.pathIn('.codex')))
  })
})

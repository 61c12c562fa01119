import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createExternalSession } from '../../src/core/external.js'
import { borrowCredential, findForeignCredentials, type ForeignFile } from '../../src/stores/foreign.js'
import { authDocument, authText, withTokens } from '../support/auth-document.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { authTextFrom, signedIn, untilExpiredMs } from '../support/signed-in.js'
import { temporaryFolder } from '../support/temporary-folder.js'

async function writeForeign(text: string, folder = '.codex'): Promise<ForeignFile> {
  const path = join(await temporaryFolder(), folder, 'auth.json')
  await mkdir(dirname(path))
  await writeFile(path, text)
  return { path, owner: 'the Codex CLI' }
}

/** What a write, or a change of its mode, would leave behind. */
async function traceOf({ path }: ForeignFile) {
  const { ino, mode, mtimeMs, ctimeMs } = await stat(path)
  return { ino, mode, mtimeMs, ctimeMs, text: await readFile(path, 'utf8') }
}

describe('the credentials of other programs', () => {
  it('are found in the order of their likelihood, each once', async () => {
    const homeFolder = await temporaryFolder()
    const place = async (folder: string) => {
      await mkdir(join(homeFolder, folder))
      await writeFile(join(homeFolder, folder, 'auth.json'), '')
      return join(homeFolder, folder)
    }
    const [local, codex] = [await place('local'), await place('codex')]
    await Promise.all([place('.chatgpt-local'), place('.codex')])
    const paths = async (variables: Record<string, string>) =>
      (await findForeignCredentials({ variables, homeFolder })).map(({ path }) =>
        path.slice(homeFolder.length + 1, -'/auth.json'.length),
      )
    expect(await paths({ CHATGPT_LOCAL_HOME: local, CODEX_HOME: codex })).toEqual([
      'local',
      'codex',
      '.chatgpt-local',
      '.codex',
    ])
    expect(await paths({ CHATGPT_LOCAL_HOME: '', CODEX_HOME: join(homeFolder, '.codex') })).toEqual([
      '.codex',
      '.chatgpt-local',
    ])
  })

  it('are none where there are none, or a folder stands in their place', async () => {
    const homeFolder = await temporaryFolder()
    await mkdir(join(homeFolder, '.codex', 'auth.json'), { recursive: true })
    expect(await findForeignCredentials({ variables: { CODEX_HOME: '/nowhere' }, homeFolder })).toEqual([])
  })
})

describe('a borrowed credential', () => {
  async function borrowed() {
    const lab = await signedIn()
    const file = await writeForeign(await authTextFrom(lab.emulator))
    const auth = borrowCredential(file, lab.clock)
    const { provider, emulator, clock } = lab
    return { ...lab, file, auth, external: createExternalSession({ auth, provider, fetch: emulator.fetch, clock }) }
  }

  it('signs requests, and has no refresh token anywhere in it', async () => {
    const { auth, external, emulator, provider, file } = await borrowed()
    expect((await external.fetch(`${provider.backendUrl}/wham/usage`)).status).toBe(200)
    const tokens = await auth.resolve?.()
    const { refresh_token: refreshToken } = (
      JSON.parse(await readFile(file.path, 'utf8')) as ReturnType<typeof authDocument>
    ).tokens
    const revealed = JSON.stringify(tokens, (_, value: unknown) => value) + tokens?.accessToken.reveal()
    expect(inspect({ auth, tokens }, { depth: null, showHidden: true }) + revealed).not.toContain(refreshToken)
    expect(Object.keys(tokens ?? {})).toEqual(['accessToken', 'chatgpt'])
    expect(emulator.counters.refresh.ok).toBe(0)
  })

  it('leaves bytes, times, mode and folder as they are, and asks for no refresh, when it has ended', async () => {
    const { auth, external, emulator, clock, provider, file } = await borrowed()
    await chmod(file.path, 0o644)
    const before = await traceOf(file)
    await external.fetch(`${provider.backendUrl}/wham/usage`)
    emulator.expireAccessTokens()
    const refused = await caughtAuthError(external.fetch(`${provider.backendUrl}/wham/usage`))
    await clock.advance(untilExpiredMs)
    const ended = await caughtAuthError(Promise.resolve(auth.resolve?.()))
    for (const error of [refused, ended]) {
      expect(error.code).toBe('ERR_TOKEN_EXPIRED')
      expect(error.message).toContain(`only the Codex CLI may refresh it`)
      expect(error.message).toContain(file.path)
      expect(error.message).toContain('planpass login')
    }
    expect(await traceOf(file)).toEqual(before)
    expect(await readdir(dirname(file.path))).toEqual(['auth.json'])
    expect(emulator.log.filter(({ endpoint }) => endpoint === 'token')).toEqual([])
  })

  it('goes on with what its owner has refreshed, at once', async () => {
    const { external, emulator, provider, file } = await borrowed()
    await external.fetch(`${provider.backendUrl}/wham/usage`)
    emulator.expireAccessTokens()
    await writeFile(file.path, await authTextFrom(emulator))
    expect((await external.fetch(`${provider.backendUrl}/wham/usage`)).status).toBe(200)
  })

  it.each([
    ['is not there', undefined, 'ERR_SIGN_IN_REQUIRED'],
    ['holds nobody', '{}', 'ERR_SIGN_IN_REQUIRED'],
    ['holds an API key', '{"OPENAI_API_KEY":"sk-test"}', 'ERR_TOKEN_UNSUPPORTED_MODE'],
    ['is damaged', authText().slice(0, 100), 'ERR_STORE_CORRUPT'],
    ['has ended', authText(withTokens({ access_token: `e30.${btoa('{"exp":1}')}.e30` })), 'ERR_TOKEN_EXPIRED'],
  ])('is refused in words when the file %s', async (_, text, code) => {
    const file = await writeForeign(text ?? '')
    if (text === undefined) await rm(file.path)
    expect(await caughtCode(Promise.resolve(borrowCredential(file).resolve?.()))).toBe(code)
    expect(await readdir(dirname(file.path))).toEqual(text === undefined ? [] : ['auth.json'])
  })
})

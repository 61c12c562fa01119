import { mkdir, readdir, readFile, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createMemoryStore, createSession, type CredentialStore } from '../../src/core/index.js'
import { createFileStore } from '../../src/stores/file.js'
import { moveCredential, type ForeignFile } from '../../src/stores/foreign.js'
import { authText, withTokens } from '../support/auth-document.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { authTextFrom, parseChatgpt, signedIn } from '../support/signed-in.js'
import { temporaryFolder } from '../support/temporary-folder.js'

/** Another program's file, and a store of our own that is empty. */
async function twoPlaces(text: string) {
  const folder = await temporaryFolder()
  const from: ForeignFile = { path: join(folder, '.codex', 'auth.json'), owner: 'the Codex CLI' }
  await mkdir(dirname(from.path))
  await writeFile(from.path, text, { mode: 0o600 })
  const own = join(folder, 'planpass', 'auth.json')
  return { from, own, to: createFileStore(own), left: () => readdir(dirname(from.path)) }
}

async function tokenIn(store: CredentialStore): Promise<string | undefined> {
  const credential = await store.read()
  return credential?.mode === 'chatgpt' ? credential.refreshToken?.reveal() : undefined
}

/** What is left once nothing of the sign-in is. */
const lockOnly = ['auth.json.planpass-lock']

describe('moving a sign-in', () => {
  it('takes it out of the one place and into the other, where it works', async () => {
    const { emulator, provider, clock } = await signedIn()
    const text = await authTextFrom(emulator)
    const { from, to, left } = await twoPlaces(text)
    const { notice, rest } = await moveCredential(from, to)
    expect(await left()).toEqual(lockOnly)
    expect(rest).toBeUndefined()
    expect(notice).toContain('the Codex CLI is signed out')
    expect(notice).toContain(to.describe())
    expect(await tokenIn(to)).toBe(parseChatgpt(text).refreshToken?.reveal())
    await createSession({ store: to, provider, clock, fetch: emulator.fetch }).refresh()
    expect(emulator.counters.refresh.ok).toBe(1)
    expect(emulator.sessions.map(({ state }) => state)).not.toContain('revoked')
  })

  it('keeps what else the file held, byte for byte, where nobody takes it for a sign-in', async () => {
    const text = '{ "OPENAI_API_KEY" : "sk-test", "n": 1.0, "auth_mode": "chatgpt", "tokens": '
    const { tokens } = withTokens({})
    const { from, own, to, left } = await twoPlaces(`${text}${JSON.stringify(tokens)}}`)
    const { notice, rest = '' } = await moveCredential(from, to)
    expect(await readFile(rest, 'utf8')).toBe('{ "OPENAI_API_KEY" : "sk-test", "n": 1.0}')
    expect((await stat(rest)).mode & 0o777).toBe(0o600)
    expect(notice).toContain(rest)
    expect(await left()).toHaveLength(2)
    expect(await readFile(own, 'utf8')).not.toContain('sk-test')
  })

  it('refuses to write over another sign-in, and leaves both', async () => {
    const { from, left } = await twoPlaces(authText())
    const to = createMemoryStore(parseChatgpt(authText(withTokens({ refresh_token: 'another' }))))
    const error = await caughtAuthError(moveCredential(from, to))
    expect(error.code).toBe('ERR_CONFIG_USAGE')
    expect(error.message).toContain('already holds a sign-in')
    expect(await tokenIn(to)).toBe('another')
    expect(await readFile(from.path, 'utf8')).toBe(authText())
    expect(await left()).toEqual(['auth.json', ...lockOnly])
  })

  it('puts the file back when the store cannot take it', async () => {
    const { from, left } = await twoPlaces(authText())
    const to: CredentialStore = {
      ...createMemoryStore(),
      update: async (change) => {
        await change(undefined, { announce: async () => {} })
        throw new Error('full')
      },
    }
    await expect(moveCredential(from, to)).rejects.toThrow('full')
    expect(await readFile(from.path, 'utf8')).toBe(authText())
    expect(await left()).toEqual(['auth.json', ...lockOnly])
  })

  it.each([
    ['nobody', '{}', 'ERR_SIGN_IN_REQUIRED'],
    ['an API key', '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-test"}', 'ERR_TOKEN_UNSUPPORTED_MODE'],
    ['no refresh token', authText(withTokens({ refresh_token: '' })), 'ERR_TOKEN_NOT_REFRESHABLE'],
    ['half a document', authText().slice(0, 100), 'ERR_STORE_CORRUPT'],
  ])('touches nothing when the file holds %s', async (_, text, code) => {
    const { from, to, left } = await twoPlaces(text)
    expect(await caughtCode(moveCredential(from, to))).toBe(code)
    expect(await readFile(from.path, 'utf8')).toBe(text)
    expect(await left()).toEqual(['auth.json'])
  })

  it('twice says that there is nothing left to move', async () => {
    const { from, to } = await twoPlaces(authText())
    await moveCredential(from, to)
    expect(await caughtCode(moveCredential(from, to))).toBe('ERR_SIGN_IN_REQUIRED')
  })
})

describe('a move that was cut off', () => {
  it('before the store had it goes on where it was', async () => {
    const { from, to, left } = await twoPlaces('')
    await writeFile(`${from.path}.planpass-moving`, authText())
    await unlink(from.path)
    await moveCredential(from, to)
    expect(await tokenIn(to)).toBe('refresh-token-of-ada')
    expect(await left()).toEqual(lockOnly)
  })

  it('after the store had it never brings a spent token back', async () => {
    const { from, left } = await twoPlaces('')
    await writeFile(`${from.path}.planpass-moving`, authText())
    await unlink(from.path)
    const to = createMemoryStore(parseChatgpt(authText(withTokens({ refresh_token: 'rotated since' }))))
    await moveCredential(from, to)
    expect(await tokenIn(to)).toBe('rotated since')
    expect(await left()).toEqual(lockOnly)
  })

  it('and was followed by a sign-in is not decided for the person', async () => {
    const { from, to } = await twoPlaces(authText())
    await writeFile(`${from.path}.planpass-moving`, authText(withTokens({ refresh_token: 'older' })))
    const error = await caughtAuthError(moveCredential(from, to))
    expect(error.message).toContain(`${from.path}.planpass-moving`)
    expect(await readFile(from.path, 'utf8')).toBe(authText())
    expect(await tokenIn(to)).toBeUndefined()
  })
})

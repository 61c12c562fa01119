import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createMemoryStore, type CredentialStore } from '../../src/core/index.js'
import { beginSignIn, expectAccount, type SignInOptions } from '../../src/sign-in/index.js'
import { createFileStore } from '../../src/stores/file.js'
import { createEmulator, createFakeClock, defaultAccount } from '../../src/testing/index.js'
import type { AuthDocument } from '../support/auth-document.js'
import { caughtAuthError } from '../support/caught.js'
import { credentialFrom, providerOf } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { visit, type Visit } from './loopback-client.js'
import { callbackOf } from './sign-in-setup.js'

/** A sign-in whose browser comes back to a port of its own, before an emulator that lets it. */
function openLab({ store = createMemoryStore(), ...options }: Partial<SignInOptions> = {}) {
  const emulator = createEmulator({ signingKey, clock: createFakeClock(), rulesOff: ['redirect-uri-registered'] })
  const { fetch } = emulator
  const pending = beginSignIn({ provider: providerOf(emulator), fetch, store, callbackPort: 0, ...options })
  onTestFinished(() => pending.cancel())
  return { emulator, pending, store }
}

type Lab = ReturnType<typeof openLab>

/** What a browser gets that comes back with this query, redirects followed. */
async function comeBack(port: number, query: URLSearchParams): Promise<Visit> {
  const answer = await visit(port, `/auth/callback?${query.toString()}`)
  return answer.status === 302 ? visit(port, String(answer.headers.location)) : answer
}

/** The person approves, and the browser comes back; what it shows in the end. */
async function approve({ emulator, pending }: Lab): Promise<Visit> {
  const { authorizeUrl, port = 0 } = await pending.openBrowserDoor()
  return comeBack(port, (await callbackOf(emulator, authorizeUrl)).searchParams)
}

/** The server sends the browser back with a failure. */
async function refuse({ pending }: Lab, failure: Record<string, string>): Promise<Visit> {
  const { authorizeUrl, port = 0 } = await pending.openBrowserDoor()
  const state = authorizeUrl.searchParams.get('state') ?? ''
  return comeBack(port, new URLSearchParams({ ...failure, state }))
}

function revocations({ emulator }: Lab) {
  return emulator.log.filter(({ endpoint }) => endpoint === 'revoke')
}

async function profile(): Promise<string> {
  return join(await temporaryFolder(), 'profile', 'auth.json')
}

describe('a sign-in in a browser', () => {
  it('stores tokens and account over a file that nobody can read, and names the workspace in the address', async () => {
    const path = await profile()
    await mkdir(join(path, '..'), { mode: 0o700 })
    await writeFile(path, '{"tokens": "not', { mode: 0o600 })
    const lab = openLab({ store: createFileStore(path), allowedWorkspaceIds: [defaultAccount.accountId] })
    const { authorizeUrl } = await lab.pending.openBrowserDoor()
    expect(authorizeUrl.searchParams.get('allowed_workspace_id')).toBe(defaultAccount.accountId)
    const finished = lab.pending.awaitSignIn()
    expect((await approve(lab)).body).toContain('You are signed in')
    await finished
    const document = JSON.parse(await readFile(path, 'utf8')) as AuthDocument
    expect(document).toMatchObject({
      auth_mode: 'chatgpt',
      tokens: { access_token: expect.any(String), account_id: defaultAccount.accountId },
    })
  })

  it('makes the folder it stores in', async () => {
    const path = await profile()
    const lab = openLab({ store: createFileStore(path) })
    const finished = lab.pending.awaitSignIn()
    await approve(lab)
    await finished
    expect(await readdir(join(path, '..'))).toContain('auth.json')
  })

  it('says with its result how it went, and who signed in', async () => {
    const lab = openLab()
    const finished = lab.pending.awaitSignIn()
    await approve(lab)
    expect(await finished).toMatchObject({
      provider: 'codex',
      flow: 'browser',
      storage: lab.store.kind,
      mode: 'chatgpt',
      accountId: defaultAccount.accountId,
      planType: defaultAccount.planType,
      warnings: [],
    })
  })

  it('puts the tokens into the store it was given, with the claims of its own account', async () => {
    const store = createMemoryStore()
    const lab = openLab({ store })
    const finished = lab.pending.awaitSignIn()
    await approve(lab)
    await finished
    expect(await store.read()).toMatchObject({ mode: 'chatgpt', accountId: defaultAccount.accountId })
  })

  it('is refused in another workspace than the one that was asked for: the page says which, and nothing is stored', async () => {
    const lab = openLab({ accept: expectAccount({ workspace: 'account-of-the-company' }) })
    const failure = caughtAuthError(lab.pending.awaitSignIn())
    const page = await approve(lab)
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining('account-of-the-company') })
    expect(page.body).toContain('ERR_SIGN_IN_WRONG_ACCOUNT')
    expect(await failure).toMatchObject({ code: 'ERR_SIGN_IN_WRONG_ACCOUNT' })
    expect(await lab.store.read()).toBeUndefined()
    expect(revocations(lab)).toHaveLength(1)
  })
})

describe('a sign-in in a browser that the server refuses', () => {
  async function refused(failure: Record<string, string>) {
    const lab = openLab()
    const error = caughtAuthError(lab.pending.awaitSignIn())
    const page = await refuse(lab, failure)
    expect(await lab.store.read()).toBeUndefined()
    expect(lab.emulator.log).toEqual([])
    return { page, error: await error }
  }

  it('says that Codex is not enabled for the workspace, and who can change that', async () => {
    const { page, error } = await refused({
      error: 'access_denied',
      error_description: 'missing_codex_entitlement',
    })
    expect(error.code).toBe('ERR_SIGN_IN_NOT_ALLOWED')
    for (const words of [
      error.code,
      'access_denied',
      'Contact your workspace administrator to request access to Codex.',
    ])
      expect(page.body).toContain(words)
    expect(page.body).not.toContain('entitlement')
  })

  it('says in the server’s words why, when it knows nothing better', async () => {
    const { page, error } = await refused({ error: 'access_denied', error_description: 'some <other> reason' })
    expect(error.code).toBe('ERR_SIGN_IN_DENIED')
    expect(page.body).toContain('access_denied: some &lt;other&gt; reason')
  })
})

describe('the sign-in that a new one takes the place of', () => {
  async function signInOver(setup: (lab: Lab, store: CredentialStore) => Promise<void>) {
    const lab = openLab()
    await setup(lab, lab.store)
    const finished = lab.pending.awaitSignIn()
    expect((await approve(lab)).body).toContain('You are signed in')
    return { lab, result: await finished }
  }

  async function keep({ emulator }: Lab, store: CredentialStore): Promise<void> {
    const credential = await credentialFrom(emulator)
    await store.update(async () => ({ write: credential, result: undefined }))
  }

  it('is revoked once the new one is stored', async () => {
    const { lab, result } = await signInOver(keep)
    expect(revocations(lab)).toHaveLength(1)
    expect(result.warnings).toEqual([])
  })

  it('costs the new one nothing when it cannot be revoked, and the result says that it lives on', async () => {
    const { lab, result } = await signInOver(async (started, store) => {
      await keep(started, store)
      started.emulator.faults.add({ endpoint: 'revoke', status: 500 })
    })
    expect(await lab.store.read()).toMatchObject({ mode: 'chatgpt' })
    expect(result.warnings).toEqual([expect.stringContaining('could not be revoked')])
  })

  it('is not revoked when the server gave its refresh token out again', async () => {
    const { lab } = await signInOver(async (started, store) => {
      const tokens = await started.emulator.issueTokens()
      const body = {
        id_token: tokens.idToken,
        access_token: tokens.accessToken,
        refresh_token: tokens.refreshToken,
      }
      started.emulator.faults.add({ endpoint: 'token', status: 200, body })
      const first = openLab({ store, provider: providerOf(started.emulator), fetch: started.emulator.fetch })
      const finished = first.pending.awaitSignIn()
      await approve(first)
      await finished
    })
    expect(revocations(lab)).toEqual([])
  })
})

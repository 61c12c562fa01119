import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { AuthError, createMemoryStore, Secret, type CredentialStore } from '../../src/core/index.js'
import { beginSignIn, expectAccount } from '../../src/sign-in/index.js'
import {
  createMemoryRegistrations,
  receiveTransfer,
  recordBackgroundConsent,
  transferSignIn,
} from '../../src/siwc/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { expectFailure } from '../support/expect-failure.js'
import { credentialFrom } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { signInAs, siwcLab, untilDueMs } from './siwc-lab.js'
import { withSiwcCommandLine, type SiwcCommandLine } from './siwc-command-line.js'

const elsewhere = () => ({ store: createMemoryStore(), registrations: createMemoryRegistrations() })

describe('a transfer', () => {
  it('ends the sign-in here, starts it there, and leaves the id of the machine behind', async () => {
    const lab = siwcLab()
    await lab.signIn()
    const transfer = await transferSignIn(lab)
    expect(transfer.reveal()).not.toContain(lab.hostId)
    expect(await lab.store.read()).toBeUndefined()
    expect(await lab.registrations.read()).toMatchObject({ state: 'transferred' })
    expect(await caughtCode(lab.session().credential())).toBe('ERR_SIGN_IN_REQUIRED')

    const there = elsewhere()
    await receiveTransfer(transfer, there)
    await lab.clock.advance(untilDueMs)
    const provider = lab.providerWith({ registrations: there.registrations })
    expect(await lab.session({ store: there.store, provider }).credential()).toMatchObject({ mode: 'siwc' })
    expect(await there.registrations.read()).toMatchObject({ state: 'connected', subject: 'user-emulated-1' })
    expect(await caughtCode(receiveTransfer(transfer, there))).toBe('ERR_CONFIG_USAGE')
  })

  it('that breaks off after it was delivered is frozen here: neither refreshed nor revoked, and transferred by the next try', async () => {
    const lab = siwcLab()
    await lab.signIn()
    const credential = await lab.store.read()
    const transfer = await transferSignIn(lab)
    // As a process leaves it that is killed before the credential is removed.
    await lab.store.update(async () => ({ write: credential as never, result: undefined }))
    lab.emulator.clearLog()
    expect(await caughtCode(lab.session().refresh())).toBe('ERR_SIGN_IN_REQUIRED')
    expect((await transferSignIn(lab)).equals(transfer)).toBe(true)
    await lab.store.update(async () => ({ write: credential as never, result: undefined }))
    expect(await lab.session().signOut()).toMatchObject({ removed: true, revocation: 'failed' })
    expect(lab.emulator.log).toEqual([])
    expect(lab.emulator.sessions).toMatchObject([{ state: 'live' }])
  })

  it('that breaks off stays the other machine’s when somebody signs in here again', async () => {
    const lab = siwcLab()
    await lab.signIn()
    const credential = await lab.store.read()
    const there = elsewhere()
    await receiveTransfer(await transferSignIn(lab), there)
    await lab.store.update(async () => ({ write: credential as never, result: undefined }))
    expect(await caughtAuthError(lab.session().refresh())).toMatchObject({
      advice: expect.stringContaining('planpass login --switch-account'),
    })
    const signingIn = beginSignIn({ ...lab, fetch: lab.emulator.fetch })
    const { authorizeUrl } = await signingIn.openBrowserDoor()
    signingIn.paste((await lab.visit(authorizeUrl)).href)
    const { warnings } = await signingIn.awaitSignIn()
    expect(warnings).toEqual([expect.stringContaining('transferred to another machine')])
    expect(lab.emulator.sessions).toMatchObject([{ state: 'live' }, { state: 'live' }])
    expect(await lab.session().signOut()).toMatchObject({ revocation: 'revoked' })
    const provider = lab.providerWith({ registrations: there.registrations })
    expect(await lab.session({ store: there.store, provider }).refresh()).toMatchObject({ mode: 'siwc' })
  })

  it('does not keep a later sign-in that is not accepted from being revoked', async () => {
    const lab = siwcLab()
    await lab.signIn()
    await transferSignIn(lab)
    const accept = expectAccount({ email: 'grace@example.test' })
    const signingIn = signInAs(lab.provider, { ...lab, fetch: lab.emulator.fetch, accept })
    expect(await caughtCode(signingIn)).toBe('ERR_SIGN_IN_WRONG_ACCOUNT')
    expect(lab.emulator.sessions).toMatchObject([{ state: 'live' }, { state: 'revoked' }])
  })

  it('that cannot be delivered leaves everything as it was, and what was agreed to meanwhile', async () => {
    const lab = siwcLab()
    await lab.signIn()
    const deliver = async () => {
      await recordBackgroundConsent(lab.registrations, 1)
      throw new AuthError('ERR_STORE_WRITE', 'The disk is full.')
    }
    expect(await caughtCode(transferSignIn({ ...lab, deliver }))).toBe('ERR_STORE_WRITE')
    expect(await lab.registrations.read()).toMatchObject({ state: 'connected', backgroundConsentAtMs: 1 })
    expect(await lab.session().refresh()).toMatchObject({ mode: 'siwc' })
  })

  it('takes a sign-in under its own client, also after a new registration that could not be stored', async () => {
    const lab = siwcLab()
    await lab.signIn()
    const clientId = lab.emulator.clients[0]?.clientId
    const full: CredentialStore['update'] = (change) =>
      lab.store.update(async (stored, context) => {
        await change(stored, context)
        throw new AuthError('ERR_STORE_WRITE', 'The disk is full.')
      })
    const anew = lab.providerWith({ newRegistration: true })
    const into = { ...lab, fetch: lab.emulator.fetch, store: { ...lab.store, update: full } }
    expect(await caughtCode(signInAs(anew, into))).toBe('ERR_STORE_WRITE')
    expect(await lab.registrations.read()).not.toMatchObject({ clientId })

    const there = elsewhere()
    expect(await receiveTransfer(await transferSignIn(lab), there)).toMatchObject({
      clientId,
      subject: 'user-emulated-1',
    })
    const provider = lab.providerWith({ registrations: there.registrations })
    expect(await lab.session({ store: there.store, provider }).refresh()).toMatchObject({ mode: 'siwc' })
  })

  it('takes the place of no other registration', async () => {
    const [lab, other] = [siwcLab(), siwcLab()]
    await lab.signIn()
    await other.signIn()
    await other.session().signOut()
    const transfer = await transferSignIn(lab)
    const { code, advice } = await caughtAuthError(receiveTransfer(transfer, other))
    expect(code).toBe('ERR_CONFIG_USAGE')
    // Somebody is signed out here already, and the registration outlives that.
    expect(advice).not.toContain('sign out')
    expect(await other.registrations.read()).toMatchObject({ clientId: other.emulator.clients[0]?.clientId })
  })

  it('takes nothing that is none, and is not for the other provider', async () => {
    for (const text of ['', '{}', '{"kind":"planpass siwc transfer 1","credential":"{}"}']) {
      expect(await caughtCode(receiveTransfer(new Secret(text), elsewhere()))).toBe('ERR_STORE_CORRUPT')
    }
    const store = createMemoryStore(await credentialFrom(siwcLab().emulator))
    const { registrations } = elsewhere()
    expect(await caughtCode(transferSignIn({ store, registrations }))).toBe('ERR_TOKEN_UNSUPPORTED_MODE')
  })
})

/** Another machine, and a file on the way to it. */
async function withTwoMachines(
  body: (
    lab: SiwcCommandLine & { readonly there: string; readonly file: string; readonly on: object },
  ) => Promise<void>,
): Promise<void> {
  const there = await temporaryFolder()
  await withSiwcCommandLine(async (lab) => {
    await lab.login('--provider', 'siwc', '--app-name', 'Quill')
    const file = join(there, 'on-the-way.json')
    await body({ ...lab, there, file, on: { environment: { PLANPASS_HOME: there } } })
  })
}

describe('planpass transfer', () => {
  beforeAll(() => signingKey.publicKeys())

  it('moves a sign-in to a machine without a browser, which goes on with it under an id of its own', async () => {
    await withTwoMachines(async ({ run, emulator, home, there, file, on }) => {
      const sent = await run(['transfer', 'to', file])
      expect(sent).toMatchObject({ exitCode: 0, stdout: '' })
      expect(sent.stderr).toContain(`planpass transfer from ${file}`)
      expect((await stat(file)).mode & 0o777).toBe(0o600)
      const hostId = await readFile(join(home, '.host-id'), 'utf8')
      expect(await readFile(file, 'utf8')).not.toContain(hostId)
      expect(await readdir(join(home, 'default'))).not.toContain('auth.json')
      expectFailure(await run(['ask', 'Hello']), 3, 'ERR_SIGN_IN_REQUIRED')

      const received = await run(['transfer', 'from', file], on)
      expect(received.stderr).toContain('Signed in as ada@example.test')
      expect(await readdir(there)).not.toContain('on-the-way.json')
      expect(await readFile(join(there, '.host-id'), 'utf8')).not.toBe(hostId)
      expect((await run(['refresh'], on)).exitCode).toBe(0)
      expect((await run(['ask', 'Hello'], on)).stdout).toBe('You said: Hello\n')
      expect(JSON.parse((await run(['status', '--json'], on)).stdout)).toMatchObject({
        provider: 'siwc',
        signedIn: true,
      })
      expect(emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0 })
      expect(emulator.clients).toHaveLength(1)
    })
  })

  it('lets no file write to the terminal', async () => {
    await withTwoMachines(async ({ run, file, on }) => {
      await run(['transfer', 'to', file])
      const told = await readFile(file, 'utf8')
      await writeFile(file, told.replaceAll('ada@example.test', String.raw`\u001b[2Jada@example.test`), { mode: 0o600 })
      const { stderr } = await run(['transfer', 'from', file], on)
      expect(stderr).toContain('Signed in as')
      expect(stderr).not.toContain('\u001b')
    })
  })

  it('says with --json what went where', async () => {
    await withTwoMachines(async ({ run, file, on }) => {
      const sent = await run(['transfer', 'to', file, '--json'])
      expect(JSON.parse(sent.stdout)).toEqual({ profile: 'default', file })
      const received = await run(['transfer', 'from', file, '--json', '--profile', 'work'], on)
      expect(JSON.parse(received.stdout)).toEqual({ profile: 'work', email: 'ada@example.test', fileRemoved: true })
    })
  })

  it('ends nothing when the file cannot be written, and replaces none', async () => {
    await withTwoMachines(async ({ run, there, file }) => {
      await writeFile(file, 'mine')
      expectFailure(await run(['transfer', 'to', file]), 2, 'ERR_CONFIG_USAGE')
      expect(await readFile(file, 'utf8')).toBe('mine')
      expectFailure(await run(['transfer', 'to', join(there, 'missing/file.json')]), 4, 'ERR_STORE_WRITE')
      expect((await run(['ask', 'Hello'])).stdout).toBe('You said: Hello\n')
    })
  })

  it('receives nothing where somebody is signed in, or shares with the Codex CLI, and keeps the file', async () => {
    await withTwoMachines(async ({ run, login, there, file, on }) => {
      await run(['transfer', 'to', file])
      await login()
      expectFailure(await run(['transfer', 'from', file]), 2, 'ERR_CONFIG_USAGE')
      const codexHome = join(there, 'codex')
      await mkdir(join(there, 'shared'))
      await writeFile(join(there, 'shared/storage.json'), JSON.stringify({ storage: 'codex', codexHome }))
      expectFailure(await run(['transfer', 'from', file, '--profile', 'shared'], on), 2, 'ERR_CONFIG_USAGE')
      expect((await readdir(there)).toSorted()).toEqual(['on-the-way.json', 'shared'])
      expect(await readdir(join(there, 'shared'))).toEqual(['storage.json'])
    })
  })

  it('fails with 4 for a file that is missing or holds no transfer, and writes nothing', async () => {
    await withTwoMachines(async ({ run, there, file, on }) => {
      expectFailure(await run(['transfer', 'from', file], on), 4, 'ERR_STORE_READ')
      await writeFile(file, '{"access_token":"no transfer"}')
      expectFailure(await run(['transfer', 'from', file], on), 4, 'ERR_STORE_CORRUPT')
      expect(await readdir(there)).toEqual(['on-the-way.json'])
    })
  })

  it.each([['transfer'], ['transfer to'], ['transfer away file'], ['transfer to one two']])(
    'refuses `%s`',
    async (argv) => {
      await withSiwcCommandLine(async ({ run }) => {
        expectFailure(await run(argv.split(' ')), 2, 'ERR_CONFIG_USAGE')
      })
    },
  )

  it('ends nothing when the profile does not say which program is connected', async () => {
    await withTwoMachines(async ({ run, home, there, file }) => {
      const choice = join(home, 'default/provider.json')
      const chosen = await readFile(choice, 'utf8')
      // As a process leaves it that is killed before the choice is written.
      await rm(choice)
      const refused = await run(['transfer', 'to', file])
      expectFailure(refused, 2, 'ERR_CONFIG_USAGE')
      expect(refused.stderr).toContain('planpass login --provider siwc --app-name')
      expect(await readdir(there)).toEqual([])
      await writeFile(choice, chosen)
      expect((await run(['ask', 'Hello'])).stdout).toBe('You said: Hello\n')
    })
  })

  it('fails with 3 when nobody is signed in', async () => {
    await withSiwcCommandLine(async ({ run, home }) => {
      expectFailure(await run(['transfer', 'to', join(home, 'file.json')]), 3, 'ERR_SIGN_IN_REQUIRED')
      expect(await readdir(home)).not.toContain('file.json')
    })
  })
})

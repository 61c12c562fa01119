import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import {
  createProfileProvider,
  enablePlanUsage,
  openProfile,
  openSession,
  signIn,
  writeProviderChoice,
} from '../../src/node/index.js'
import { createEmulator } from '../../src/testing/index.js'
import { caughtCode } from '../support/caught.js'
import { signingKey } from '../support/signing-key.js'
import { temporaryFolder } from '../support/temporary-folder.js'

it('enablePlanUsage asks again under the registration of the profile, and its session goes on', async () => {
  const home = await mkdtemp(join(tmpdir(), 'planpass-plan-'))
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  const emulator = createEmulator({ signingKey, autoApprove: true, advertises: 'siwc', scenario: { planUsage: false } })
  const listener = await emulator.listen()
  onTestFinished(() => listener.close())
  const variables = { PLANPASS_HOME: home, PLANPASS_ISSUER: listener.issuer, PLANPASS_API_URL: listener.apiUrl }
  const environment = { variables }
  await writeProviderChoice(openProfile({ environment }).folder, { provider: 'siwc', appName: 'Quill' })
  const asked: (string | null)[] = []
  const visit = async (url: URL) => {
    asked.push(url.searchParams.get('prompt'))
    // The callback answers once the sign-in is stored, which waits for this.
    void fetch(url)
    return { isOpened: true } as const
  }
  const common = {
    environment,
    flow: 'browser',
    fetch,
    screen: { showDeviceCode: () => {} },
    openBrowser: visit,
  } as const

  expect(await signIn(common)).toMatchObject({ provider: 'siwc', flow: 'browser' })
  const session = openSession({ environment, fetch })
  expect(session.provider.name).toBe('siwc')
  expect(await caughtCode(session.credential())).toBe('ERR_TOKEN_PLAN_DISABLED')

  emulator.scenario.planUsage = true
  expect(await enablePlanUsage(common)).toMatchObject({ provider: 'siwc', flow: 'browser' })
  expect(asked).toEqual([null, 'consent'])
  expect(emulator.clients).toHaveLength(1)
  expect(await openSession({ environment, fetch }).credential()).toMatchObject({ mode: 'siwc' })
})

it('enablePlanUsage begins no sign-in through the other provider', async () => {
  const variables = { PLANPASS_HOME: await temporaryFolder() }
  const openBrowser = vi.fn<() => Promise<{ isOpened: true }>>(async () => ({ isOpened: true }))
  const asking = { environment: { variables }, flow: 'browser', screen: { showDeviceCode: () => {} } } as const
  const enabling = enablePlanUsage({ ...asking, openBrowser, callbackPort: 0, timeoutMs: 100 })
  expect(await caughtCode(enabling)).toBe('ERR_CONFIG_USAGE')
  expect(openBrowser).not.toHaveBeenCalled()
})

it('a profile that nobody chose a provider for is of the Codex client’s route', () => {
  const provider = createProfileProvider('/nowhere/at/all', { environment: { variables: { HOME: '/nowhere' } } })
  expect(provider).toMatchObject({ name: 'codex', mode: 'chatgpt' })
})

import { describe, expect, it } from 'vitest'
import { accountKey, defaultAccount } from '../../src/testing/index.js'
import { emulatorAtRest, errorCode, pollDevice, startDevice } from './issuer-client.js'

const second = {
  ...defaultAccount,
  email: 'grace@example.test',
  userId: 'user-2',
  accountId: 'account-2',
  planType: 'team',
}

function submit(
  emulator: ReturnType<typeof emulatorAtRest>['emulator'],
  form: Record<string, string>,
  origin = emulator.issuer,
) {
  return emulator.fetch(`${emulator.issuer}/codex/device`, {
    method: 'POST',
    headers: { origin },
    body: new URLSearchParams(form),
  })
}

describe('the device page', () => {
  it('asks for the code, and fills in the one it is given', async () => {
    const { emulator } = emulatorAtRest()
    const response = await emulator.fetch(
      `${emulator.issuer}/codex/device?user_code=${encodeURIComponent('"><script>')}`,
    )
    const page = await response.text()
    expect(response.headers.get('content-type')).toContain('text/html')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    // Without any referrer, browsers send the form with `Origin: null`.
    expect(response.headers.get('referrer-policy')).toBe('same-origin')
    expect(page).toContain('<label class="field" for="user_code">')
    expect(page).toContain('value="&quot;&gt;&lt;script&gt;"')
  })

  it('says so when no such code is waiting', async () => {
    const { emulator } = emulatorAtRest()
    const response = await submit(emulator, { user_code: 'AAAA-AAAAA' })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('role="alert"')
  })

  it('shows the accounts, and signs the device in as the chosen one', async () => {
    const { emulator } = emulatorAtRest({ accounts: [defaultAccount, second] })
    const device = await startDevice(emulator)
    const page = await (await submit(emulator, { user_code: device.userCode })).text()
    expect(page).toContain('Choose an account')
    expect(page).toContain(second.email)
    const decided = await submit(emulator, {
      user_code: device.userCode,
      account: accountKey(second),
      decision: 'approve',
    })
    expect(await decided.text()).toContain(`signing in as ${second.email}`)
    expect((await pollDevice(emulator, device)).status).toBe(200)
  })

  it('denies', async () => {
    const { emulator } = emulatorAtRest()
    const device = await startDevice(emulator)
    await submit(emulator, { user_code: device.userCode, decision: 'deny' })
    expect(errorCode(await pollDevice(emulator, device))).toBe('access_denied')
  })

  it('refuses a form that another site sent', async () => {
    const { emulator } = emulatorAtRest()
    const device = await startDevice(emulator)
    const form = { user_code: device.userCode, decision: 'approve' }
    expect((await submit(emulator, form, 'https://elsewhere.test')).status).toBe(403)
    expect((await pollDevice(emulator, device)).status).toBe(403)
  })
})

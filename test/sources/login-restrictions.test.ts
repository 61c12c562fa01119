import { describe, expect, it } from 'vitest'
import { assertLoginAllowed, type LoginInUse, type LoginRestrictions } from '../../src/sources/index.js'
import { caughtAuthError } from '../support/caught.js'
import { signedIn } from '../support/signed-in.js'

const plan: LoginInUse = { mode: 'chatgpt', accountId: 'account-1' }

const allowed: readonly [LoginInUse, LoginRestrictions][] = [
  [plan, {}],
  [plan, { forcedLoginMethod: 'chatgpt' }],
  [plan, { forcedChatgptWorkspaceId: 'account-1' }],
  [plan, { forcedChatgptWorkspaceId: ['account-0', 'account-1'] }],
  [{ mode: 'apikey' }, { forcedLoginMethod: 'api' }],
  [{ mode: 'apikey' }, { forcedChatgptWorkspaceId: 'account-1' }],
  [{ mode: 'bearer' }, { forcedLoginMethod: 'api', forcedChatgptWorkspaceId: 'account-1' }],
]

const refused: readonly [LoginInUse, LoginRestrictions, string][] = [
  [plan, { forcedLoginMethod: 'api' }, 'API key login is required, but ChatGPT is currently being used.'],
  [
    { mode: 'apikey' },
    { forcedLoginMethod: 'chatgpt' },
    'ChatGPT login is required, but an API key is currently being used.',
  ],
  [
    plan,
    { forcedChatgptWorkspaceId: ['account-8', 'account-9'] },
    'Login is restricted to workspace(s) account-8, account-9, but current credentials belong to account-1.',
  ],
  [
    { mode: 'personalAccessToken', accountId: 'account-1' },
    { forcedChatgptWorkspaceId: 'account-9' },
    'Login is restricted to workspace(s) account-9, but current credentials belong to account-1.',
  ],
  [
    { mode: 'chatgpt' },
    { forcedChatgptWorkspaceId: 'account-9' },
    'Login is restricted to workspace(s) account-9, but current credentials lack a workspace identifier.',
  ],
]

describe('a login', () => {
  it.each(allowed)('of %j is allowed under %j', (login, restrictions) => {
    expect(() => assertLoginAllowed(login, restrictions)).not.toThrow()
  })

  it.each(refused)('of %j is refused under %j', async (login, restrictions, summary) => {
    const error = await caughtAuthError(() => assertLoginAllowed(login, restrictions))
    expect(error).toMatchObject({ code: 'ERR_SIGN_IN_NOT_ALLOWED', summary })
    expect(error.message).toContain('Nothing was deleted')
  })

  it('is the stored credential as it is, which stays stored', async () => {
    const { credential, store } = await signedIn()
    const restrictions = { forcedChatgptWorkspaceId: 'account-other' }
    await caughtAuthError(() => assertLoginAllowed(credential, restrictions))
    expect(await store.read()).toBe(credential)
  })
})

import { describe, expect, it } from 'vitest'
import { assertLoginAllowed, type LoginRestrictions } from '../../src/sources/index.js'
import { caughtCode } from '../support/caught.js'
import { signedIn } from '../support/signed-in.js'

const restrictedTo = (restrictions: LoginRestrictions) => ({
  session: {
    accept: (credential: Parameters<typeof assertLoginAllowed>[0]) => assertLoginAllowed(credential, restrictions),
  },
})

describe('a session that a configuration restricts', () => {
  it('goes on with a credential of the workspace that is asked for', async () => {
    const { session, credential } = await signedIn(
      restrictedTo({ forcedChatgptWorkspaceId: ['x', 'account-emulated-1'] }),
    )
    expect((await session.accessToken()).equals(credential.accessToken)).toBe(true)
  })

  it.each([{ forcedChatgptWorkspaceId: 'another' }, { forcedLoginMethod: 'api' as const }])(
    'refuses with %o to use what is stored, asks nobody, and deletes nothing',
    async (restrictions) => {
      const { session, store, emulator } = await signedIn(restrictedTo(restrictions))
      expect(await caughtCode(session.accessToken())).toBe('ERR_SIGN_IN_NOT_ALLOWED')
      expect(await caughtCode(session.refresh())).toBe('ERR_SIGN_IN_NOT_ALLOWED')
      expect(await caughtCode(session.fetch(`${emulator.backendUrl}/wham/usage`))).toBe('ERR_SIGN_IN_NOT_ALLOWED')
      expect(emulator.log).toEqual([])
      expect(await store.read()).toBeDefined()
    },
  )
})

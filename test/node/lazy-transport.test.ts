import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createLazyTransport } from '../../src/node/index.js'
import { createEmulator } from '../../src/testing/index.js'
import { caughtCode } from '../support/caught.js'
import { signingKey } from '../support/signing-key.js'

describe('the network of another process', () => {
  it('is verified also where this one is told to believe any certificate', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    const listener = await createEmulator({ signingKey }).listen({ tls: true })
    onTestFinished(async () => {
      vi.unstubAllEnvs()
      await listener.close()
    })
    const { tls } = listener
    expect(await caughtCode(createLazyTransport({})(tls?.issuer ?? ''))).toBe('ERR_NETWORK_TLS')
  })
})

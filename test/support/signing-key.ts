import { createSigningKey } from '../../src/testing/index.js'

/** One for all the emulators of a test file: an RSA key takes a tenth of a second to make. */
export const signingKey = createSigningKey()

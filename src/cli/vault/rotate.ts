import { rotateKeys } from '../../vault/index.js'
import type { Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { connectVault } from './connect-vault.js'

/** Wraps everything with the first of the keys, while the vault is in use. */
export async function rotate(invocation: Invocation): Promise<number> {
  const { host, options } = invocation
  const { vault, close } = await connectVault(invocation)
  try {
    const count = await rotateKeys(vault, host.interrupted)
    const { currentKeyId } = vault.keys
    if (options.isSet('json')) host.stdout.write(`${JSON.stringify({ event: 'rotated', count, currentKeyId })}\n`)
    else host.stderr.write(`${count} credentials are wrapped anew; everything is under the key ${currentKeyId} now.\n`)
  } finally {
    await close()
  }
  return exitCodes.ok
}

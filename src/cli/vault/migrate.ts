import { handOverScopeKey, migrateVault } from '../../vault/index.js'
import type { Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { connectDatabase, readKeys } from './connect-vault.js'

/** Brings the schema up to date, as the role that owns it, and lets another role use it. */
export async function migrate(invocation: Invocation): Promise<number> {
  const { host, options } = invocation
  const grantTo = options.text('grant-to')
  const keys = await readKeys(invocation)
  const { driver, end } = await connectDatabase(invocation)
  try {
    await migrateVault(driver, { clock: host.clock, ...(grantTo !== undefined && { grantTo }) })
    await handOverScopeKey(driver, keys, host.clock)
  } finally {
    await end()
  }
  if (options.isSet('json')) host.stdout.write(`${JSON.stringify({ event: 'migrated', grantTo: grantTo ?? null })}\n`)
  else host.stderr.write(`The vault is up to date.${grantTo === undefined ? '' : ` ${grantTo} may use it.`}\n`)
  return exitCodes.ok
}

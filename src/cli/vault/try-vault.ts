import { AuthError, toOneSafeLine } from '../../core/index.js'
import { createLazyTransport } from '../../node/index.js'
import { createPgDriver, createVaultWorker, openVault, startTrialDatabase, type Vault } from '../../vault/index.js'
import type { Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { openProvider } from '../open-store.js'
import { loadPg } from './connect-vault.js'
import { serveHosts } from './serve-vault.js'
import { makeTrialHost, readTrialFolder } from './trial-host.js'

/** A whole vault on this machine, to see how it is: a real PostgreSQL, the service and a worker in one. */
export async function tryVault(invocation: Invocation): Promise<number> {
  const { host, options } = invocation
  assertLoopback(options.text('listen'))
  const folder = readTrialFolder(invocation)
  const { Pool } = await loadPg()
  const database = await startTrialDatabase({ Pool, folder })
  const pool = new Pool({ ...database.connection, max: 10 })
  try {
    const fetch = createLazyTransport(host.environment)
    const driver = createPgDriver(pool, { clock: host.clock })
    const vault = await openVault({
      driver,
      keys: database.keys,
      fetch,
      clock: host.clock,
      ...openProvider(invocation),
    })
    await serveTrial(invocation, vault, folder)
  } finally {
    await pool.end()
    await database.stop()
  }
  return exitCodes.ok
}

async function serveTrial(invocation: Invocation, vault: Vault, folder: string): Promise<void> {
  const { host } = invocation
  const onFailure = (error: unknown) => host.stderr.write(`planpass: ${toOneSafeLine(String(error))}\n`)
  const stopping = new AbortController()
  const working = createVaultWorker(vault, { onFailure }).run(AbortSignal.any([host.interrupted, stopping.signal]))
  host.stderr.write(
    `A vault for a trial, not for production: its keys lie beside its data in ${folder}, and nobody backs it up.\n` +
      'A host’s token for a user: planpass vault try token --user NAME\n',
  )
  try {
    await serveHosts(invocation, vault, [await makeTrialHost(folder)])
  } finally {
    stopping.abort()
    await working
    await vault.close()
  }
}

/** The host's key lies in a folder of a trial: it is not for others to be served by. */
function assertLoopback(address: string | undefined): void {
  if (address === undefined || ['127.0.0.1', '::1', 'localhost'].includes(address)) return
  throw new AuthError('ERR_CONFIG_USAGE', 'A trial of the vault listens on this machine alone.', {
    advice: 'Leave --listen out, or use `planpass vault serve` with a PostgreSQL of your own.',
  })
}

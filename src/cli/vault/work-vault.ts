import { toOneSafeLine } from '../../core/index.js'
import { createVaultWorker, type RefreshOutcome } from '../../vault/index.js'
import type { Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { connectVault } from './connect-vault.js'

/** Refreshes what comes due until it is told to stop; with `--json`, a line for each credential. Names of users go to stdout alone. */
export async function workVault(invocation: Invocation): Promise<number> {
  const { host, options } = invocation
  // Before anybody is told that it works: from then on it may be told to stop.
  const { interrupted } = host
  const { vault, close } = await connectVault(invocation)
  const print = ({ owner, outcome, lateMs }: RefreshOutcome) =>
    host.stdout.write(`${JSON.stringify({ event: outcome, ...owner, lateMs: Math.round(lateMs) })}\n`)
  const onFailure = (error: unknown) => host.stderr.write(`planpass: ${toOneSafeLine(String(error))}\n`)
  const worker = createVaultWorker(vault, { onFailure, ...(options.isSet('json') && { onOutcome: print }) })
  try {
    if (options.isSet('once')) await worker.runOnce(interrupted)
    else {
      host.stderr.write('The worker works. Ctrl-C stops it when it has ended what it has begun.\n')
      await worker.run(interrupted)
    }
  } finally {
    await close()
  }
  return exitCodes.ok
}

import { AuthError } from '../../core/index.js'
import type { CommandRun } from '../command.js'
import { exitCodes } from '../exit-codes.js'

/** The parts of a vault that run as programs, each on any number of machines. */
export const run: CommandRun = async (invocation) => {
  const action = actions[invocation.arguments.join(' ')]
  if (action) return action(invocation)
  throw new AuthError('ERR_CONFIG_USAGE', `This takes one of ${Object.keys(actions).join(', ')}.`)
}

const actions: Readonly<Record<string, CommandRun>> = {
  serve: async (invocation) => (await import('../vault/serve-vault.js')).serveVault(invocation),
  work: async (invocation) => (await import('../vault/work-vault.js')).workVault(invocation),
  migrate: async (invocation) => (await import('../vault/migrate.js')).migrate(invocation),
  try: async (invocation) => (await import('../vault/try-vault.js')).tryVault(invocation),
  'try token': async (invocation) => (await import('../vault/trial-host.js')).printHostToken(invocation),
  'keys new': createKey,
  'keys rotate': async (invocation) => (await import('../vault/rotate.js')).rotate(invocation),
}

/** Printed for a secret manager or a file of mode 0600; nothing of it is kept here. */
async function createKey({ host }: Parameters<CommandRun>[0]): Promise<number> {
  const { createLocalKey } = await import('../../vault/index.js')
  // To the second: a key that is rotated on the day it was made needs another name.
  const time = new Date(host.clock.now()).toISOString().slice(0, 19).replaceAll(':', '-')
  host.stdout.write(`${createLocalKey(time)}\n`)
  host.stderr.write('A vault that has keys already takes it behind them first: docs/vault-runbook.md has the order.\n')
  return exitCodes.ok
}

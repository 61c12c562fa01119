import { AuthError } from '../../core/index.js'
import { createKeyFolder, type ClientKey, type KeyFolder } from '../../gateway/index.js'
import type { CommandRun, Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { toIsoTime } from '../format-time.js'
import { keysFolder } from '../serve/gateway-folder.js'
import { createStyle } from '../style.js'

/** Adds, lists and revokes the keys of the gateway's clients. A gateway that runs knows within a second. */
export const run: CommandRun = async (invocation) => {
  const [verb = 'list', name, ...rest] = invocation.arguments
  const keys = createKeyFolder(keysFolder(invocation.host.environment), invocation.host.clock)
  if (verb === 'list' && name === undefined) return list(invocation, keys)
  if (verb === 'add' && name !== undefined && rest.length === 0) return add(invocation, keys, name)
  if (verb === 'revoke' && name !== undefined && rest.length === 0) return revoke(invocation, keys, name)
  throw new AuthError('ERR_CONFIG_USAGE', 'This takes `add NAME`, `list` or `revoke NAME`.')
}

async function add({ host, options }: Invocation, keys: KeyFolder, name: string): Promise<number> {
  const models = options.text('models')?.split(',').filter(Boolean)
  const dailyTokens = readTokens(options.text('daily-tokens'))
  const key = await keys.add({ name, models, dailyTokens })
  if (options.isSet('json')) {
    host.stdout.write(
      `${JSON.stringify({ name, key: key.reveal(), models: models ?? null, dailyTokens: dailyTokens ?? null })}\n`,
    )
    return exitCodes.ok
  }
  host.stdout.write(`${key.reveal()}\n`)
  host.stderr.write('This is shown once and kept nowhere. Clients send it as their API key.\n')
  return exitCodes.ok
}

async function list({ host, options }: Invocation, keys: KeyFolder): Promise<number> {
  const known = await keys.read()
  if (options.isSet('json')) {
    host.stdout.write(`${JSON.stringify({ keys: known.map(toJson) })}\n`)
    return exitCodes.ok
  }
  const { dim } = createStyle(host.stdout, host.environment)
  for (const { name, models, dailyTokens, createdAtMs } of known) {
    const limits = [models?.join(', '), dailyTokens === undefined ? undefined : `${dailyTokens} tokens a day`]
    const facts = [`since ${toIsoTime(createdAtMs)?.slice(0, 10)}`, ...limits.filter(Boolean)].join('; ')
    host.stdout.write(`${name}  ${dim(facts)}\n`)
  }
  if (known.length === 0) host.stderr.write('There are no keys yet. Make one with `planpass keys add NAME`.\n')
  return exitCodes.ok
}

async function revoke({ host, options }: Invocation, keys: KeyFolder, name: string): Promise<number> {
  const revoked = await keys.revoke(name)
  if (!revoked)
    throw new AuthError('ERR_CONFIG_USAGE', `There is no key \`${name}\`.`, { advice: 'See `planpass keys list`.' })
  if (options.isSet('json')) host.stdout.write(`${JSON.stringify({ revoked })}\n`)
  else host.stderr.write(`The key \`${name}\` lets nobody in any more.\n`)
  return exitCodes.ok
}

function toJson({ name, createdAtMs, models, dailyTokens }: ClientKey) {
  return { name, createdAt: toIsoTime(createdAtMs), models: models ?? null, dailyTokens: dailyTokens ?? null }
}

function readTokens(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,12}$/.test(text)) return Number(text)
  throw new AuthError('ERR_CONFIG_USAGE', '--daily-tokens is not a number of tokens.')
}

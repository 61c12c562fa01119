import { readModels, type Model } from '../../backend/index.js'
import { openBackend } from '../backend-session.js'
import type { CommandRun, Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { toIsoTime } from '../format-time.js'
import { openProfile } from '../open-profile.js'
import { createStyle } from '../style.js'
import { tellStale } from '../tell-stale.js'
import { wrapWords } from '../wrap-words.js'

export const run: CommandRun = async (invocation) => {
  const { host, options } = invocation
  if (options.isSet('watch')) return watch(invocation)
  const profile = openProfile(invocation)
  const { session, mode } = await openBackend(invocation, profile)
  const list = await readModels(session, {
    cache: profile.cache,
    force: options.isSet('force'),
    clock: host.clock,
    signal: host.interrupted,
  })
  const { models, source, fetchedAtMs, failure } = list
  const json = { models, mode, source, fetchedAt: toIsoTime(fetchedAtMs), failure: failure?.code ?? null }
  host.stdout.write(options.isSet('json') ? `${JSON.stringify(json)}\n` : toTable(models, invocation))
  tellStale(list, host)
  if (models.length === 0) host.stderr.write('The backend lists no models for this account.\n')
  return exitCodes.ok
}

/**
 * The list now, and again whenever somebody signs in or out in any process, or the list changes; with `--json`, an event a line. For what shows
 * models to choose from.
 */
async function watch(invocation: Invocation): Promise<number> {
  const { host, options } = invocation
  const { createAgent } = await import('../../agent/index.js')
  const agent = createAgent({ ...openProfile(invocation), clock: host.clock })
  for await (const { reason, models } of agent.watchModels({ signal: host.interrupted })) {
    const line = options.isSet('json') ? JSON.stringify({ event: 'models', reason, models }) : models.join(' ')
    host.stdout.write(`${line}\n`)
  }
  return exitCodes.ok
}

/** A line a model for programs; on a terminal what is longer continues below itself. */
function toTable(models: readonly Model[], { host }: Invocation): string {
  const { isTerminal, columns } = host.stdout
  const style = createStyle(host.stdout, host.environment)
  const width = Math.max(0, ...models.map(({ id }) => id.length)) + 2
  const isNarrow = isTerminal && columns < 56
  const indent = isNarrow ? 2 : width
  return models
    .map((model) => {
      const lines = isTerminal ? wrapWords(inWords(model), columns - indent) : [inWords(model)]
      const head = isNarrow ? `${style.bold(model.id)}\n  ` : style.bold(model.id.padEnd(width))
      return `${head}${lines.map(style.dim).join(`\n${' '.repeat(indent)}`)}\n`
    })
    .join('')
}

function inWords({ contextWindow, reasoningLevels, description }: Model): string {
  const facts = [
    contextWindow === undefined ? undefined : `${Math.round(contextWindow / 1000)}k context`,
    reasoningLevels.length > 0 ? `reasoning ${reasoningLevels.join(' ')}` : undefined,
    description,
  ]
  return facts.filter(Boolean).join(' · ')
}

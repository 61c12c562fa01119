import { readUsage, type LimitWindow, type Usage } from '../../backend/index.js'
import { openBackend, type BackendAccess } from '../backend-session.js'
import type { CommandRun, Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { formatDuration, formatInstant, toIsoTime } from '../format-time.js'
import { openProfile } from '../open-profile.js'
import { createFileHistory } from '../../stores/index.js'
import { manageUsageUrl } from '../../siwc/index.js'
import { createStyle, type Style } from '../style.js'
import { tellStale } from '../tell-stale.js'

export const run: CommandRun = async (invocation) => {
  const { host, options } = invocation
  const profile = openProfile(invocation)
  const { session, mode } = await openBackend(invocation, profile)
  if (mode === 'siwc') return tellWhere(invocation)
  const usage = await readUsage(session, {
    cache: profile.cache,
    history: createFileHistory(profile.cacheFolder),
    force: options.isSet('force'),
    clock: host.clock,
    signal: host.interrupted,
  })
  host.stdout.write(options.isSet('json') ? `${JSON.stringify(toJson(usage, mode))}\n` : toText(usage, invocation))
  tellStale(usage, host)
  return exitCodes.ok
}

/** This route tells programs nothing about usage, and nothing is invented. */
function tellWhere({ host, options }: Invocation): number {
  const json = { mode: 'siwc', windows: [], manageUsageUrl }
  const text = `Sign in with ChatGPT tells programs nothing about usage. See it, and set a cap, at ${manageUsageUrl}\n`
  host.stdout.write(options.isSet('json') ? `${JSON.stringify(json)}\n` : text)
  return exitCodes.ok
}

function toJson(usage: Usage, mode: BackendAccess['mode']) {
  const { planType, windows, credits, reachedType, source, fetchedAtMs, failure } = usage
  return {
    planType: planType ?? null,
    windows: windows.map(({ limit, name, usedPercent, windowMs, resetsAtMs }) => ({
      limit,
      name,
      usedPercent,
      durationSeconds: windowMs === undefined ? null : windowMs / 1000,
      resetsAt: toIsoTime(resetsAtMs),
    })),
    credits: credits ?? null,
    reachedType: reachedType ?? null,
    mode,
    source,
    fetchedAt: toIsoTime(fetchedAtMs),
    failure: failure?.code ?? null,
  }
}

const labelWidth = 10

/** How the terminal's width is used: narrow ones tell the reset in short, wide ones beside the bar. */
interface Layout {
  readonly barWidth: number
  readonly isNarrow: boolean
  readonly isWide: boolean
}

function toLayout(columns: number): Layout {
  return { barWidth: columns >= 72 ? 24 : 10, isNarrow: columns < 56, isWide: columns >= 100 }
}

/** A bar a window, labelled by how long the window is: which slot the server put it in says nothing. */
function toText({ windows, credits, planType, reachedType }: Usage, { host }: Invocation): string {
  const style = createStyle(host.stdout, host.environment)
  const layout = toLayout(host.stdout.columns)
  const lines = planType === undefined ? [] : [`Plan ${style.bold(planType)}`]
  let limit: string | undefined
  for (const window of windows) {
    if (window.limit !== limit) lines.push('', style.bold(window.name))
    limit = window.limit
    lines.push(...windowLines(window, style, layout, host.clock.now()))
  }
  if (windows.length === 0) lines.push('No limits are reported for this account.')
  if (reachedType !== undefined) lines.push('', `Reached: ${style.red(reachedType.replaceAll('_', ' '))}`)
  if (credits?.isUnlimited) lines.push('', 'Credits: unlimited')
  else if (credits?.hasCredits) lines.push('', `Credits: ${credits.balance ?? 'some'}`)
  return `${lines.join('\n')}\n`
}

function windowLines(window: LimitWindow, style: Style, layout: Layout, nowMs: number): string[] {
  const label = window.windowMs === undefined ? 'window' : formatDuration(window.windowMs)
  const percent = `${Math.round(window.usedPercent)}%`.padStart(4)
  const line = `  ${label.padEnd(labelWidth)} ${toBar(window.usedPercent, layout.barWidth, style)} ${percent}`
  if (window.resetsAtMs === undefined) return [line]
  const reset = style.dim(toReset(window.resetsAtMs, nowMs, layout))
  return layout.isWide ? [`${line}  ${reset}`] : [line, `  ${' '.repeat(labelWidth)} ${reset}`]
}

function toReset(resetsAtMs: number, nowMs: number, { isNarrow }: Layout): string {
  if (!isNarrow) return `resets ${formatInstant(resetsAtMs, nowMs)}`
  return resetsAtMs <= nowMs ? 'resets now' : `resets in ${formatDuration(resetsAtMs - nowMs)}`
}

function toBar(usedPercent: number, width: number, style: Style): string {
  const filled = Math.min(width, Math.max(0, Math.round((usedPercent / 100) * width)))
  const paint = usedPercent >= 90 ? style.red : usedPercent >= 70 ? style.yellow : style.green
  return paint('█'.repeat(filled)) + style.dim('░'.repeat(width - filled))
}

import { readUsage, type Usage, type UsageWindow } from '../../backend/index.js'
import { openBackend, type BackendAccess } from '../backend-session.js'
import type { CommandRun, Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { formatDuration, formatInstant, toIsoTime } from '../format-time.js'
import { openProfile } from '../open-profile.js'
import { createStyle, type Style } from '../style.js'

export const run: CommandRun = async (invocation) => {
  const { host, options } = invocation
  const profile = openProfile(invocation)
  const { session, mode } = await openBackend(invocation, profile)
  const usage = await readUsage(session, {
    cache: profile.cache,
    force: options.isSet('force'),
    clock: host.clock,
    signal: host.interrupted,
  })
  host.stdout.write(options.isSet('json') ? `${JSON.stringify(toJson(usage, mode))}\n` : toText(usage, invocation))
  return exitCodes.ok
}

function toJson({ planType, windows, credits, source, fetchedAtMs }: Usage, mode: BackendAccess['mode']) {
  return {
    planType: planType ?? null,
    windows: windows.map(({ limit, usedPercent, durationMs, resetsAtMs }) => ({
      limit,
      usedPercent,
      durationSeconds: durationMs === undefined ? null : durationMs / 1000,
      resetsAt: toIsoTime(resetsAtMs),
    })),
    credits: credits ?? null,
    mode,
    source,
    fetchedAt: toIsoTime(fetchedAtMs),
  }
}

const labelWidth = 10

/** A bar a window, labelled by how long the window is: which slot the server put it in says nothing. */
function toText({ windows, credits, planType }: Usage, { host }: Invocation): string {
  const style = createStyle(host.stdout, host.environment)
  const barWidth = host.stdout.columns >= 72 ? 24 : 10
  const lines = planType === undefined ? [] : [`Plan ${style.bold(planType)}`]
  let limit: string | undefined
  for (const window of windows) {
    if (window.limit !== limit) lines.push('', style.bold(window.limit))
    limit = window.limit
    lines.push(...windowLines(window, style, barWidth, host.clock.now()))
  }
  if (windows.length === 0) lines.push('No limits are reported for this account.')
  if (credits?.isUnlimited) lines.push('', 'Credits: unlimited')
  else if (credits?.hasCredits) lines.push('', `Credits: ${credits.balance ?? 'some'}`)
  return `${lines.join('\n')}\n`
}

function windowLines(window: UsageWindow, style: Style, barWidth: number, nowMs: number): string[] {
  const label = window.durationMs === undefined ? 'window' : formatDuration(window.durationMs)
  const percent = `${Math.round(window.usedPercent)}%`.padStart(4)
  const line = `  ${label.padEnd(labelWidth)} ${toBar(window.usedPercent, barWidth, style)} ${percent}`
  if (window.resetsAtMs === undefined) return [line]
  return [line, style.dim(`  ${' '.repeat(labelWidth)} resets ${formatInstant(window.resetsAtMs, nowMs)}`)]
}

function toBar(usedPercent: number, width: number, style: Style): string {
  const filled = Math.min(width, Math.max(0, Math.round((usedPercent / 100) * width)))
  const paint = usedPercent >= 90 ? style.red : usedPercent >= 70 ? style.yellow : style.green
  return paint('█'.repeat(filled)) + style.dim('░'.repeat(width - filled))
}

import { byDuration, mainLimit, type Limits, type LimitWindow } from './limits.js'

/**
 * What is known after an update that tells only a part: what it does not mention stays. A window is known by its limit and its duration, so one
 * that moved to another slot is not taken for another, and keeps its reset time when the update has none.
 */
export function mergeLimits(known: Limits | undefined, update: Limits): Limits {
  if (!known) return update
  const told = update.windows.map((window) => ({
    ...known.windows.find((other) => isSameWindow(other, window)),
    ...window,
  }))
  const untold = known.windows.filter((window) => !told.some((other) => isSameWindow(other, window)))
  return { ...known, ...update, windows: inOrder([...untold, ...told], known) }
}

function isSameWindow(one: LimitWindow, other: LimitWindow): boolean {
  return one.limit === other.limit && one.windowMs === other.windowMs
}

/** The plan's own limit first, the others as they were first met. */
function inOrder(windows: readonly LimitWindow[], known: Limits): LimitWindow[] {
  const limits = [...new Set([mainLimit, ...[...known.windows, ...windows].map(({ limit }) => limit)])]
  return windows.toSorted(
    (one, other) => limits.indexOf(one.limit) - limits.indexOf(other.limit) || byDuration(one, other),
  )
}

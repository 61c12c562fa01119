import type { Freshness } from '../backend/index.js'
import { formatDuration } from './format-time.js'
import type { Host } from './host.js'

/** Says beside an old answer that it is old, and why. */
export function tellStale({ failure, ageMs }: Freshness, { stderr }: Host): void {
  if (failure)
    stderr.write(`planpass: ${failure.summary}\nThis is from ${formatDuration(ageMs)} ago. (${failure.code})\n`)
}

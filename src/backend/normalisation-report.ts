import type { JsonObject } from '../core/index.js'

/** A place in a request, and what became of it. */
export interface Finding {
  /** As the caller wrote it: `temperature`, `input[3].id`, `["odd name"]`. */
  readonly path: string
  readonly reason: string
}

/** What the request that was sent has otherwise than the one that was given. */
export interface NormalisationReport {
  /** What was left out. */
  readonly dropped: readonly Finding[]
  /** What was sent differently. Members the caller said nothing about are not listed, except a default for `instructions`. */
  readonly changed: readonly Finding[]
}

/** A report that is being written. */
export interface ReportWriter extends NormalisationReport {
  drop(reason: string, ...path: PathStep[]): void
  change(reason: string, ...path: PathStep[]): void
}

/** Reports the members that a translation has no place for; one that is `null` says nothing. */
export function dropOthers(
  report: ReportWriter,
  object: JsonObject | undefined,
  known: ReadonlySet<string>,
  ...path: PathStep[]
): void {
  for (const [name, value] of Object.entries(object ?? {})) {
    if (!known.has(name) && value !== null) report.drop('The backend has no place for it here.', ...path, name)
  }
}

/** A member's name, or a place in a list. */
export type PathStep = string | number

/** An empty report. */
export function createReport(): ReportWriter {
  const dropped: Finding[] = []
  const changed: Finding[] = []
  return {
    dropped,
    changed,
    drop: (reason, ...path) => void dropped.push({ path: toPath(...path), reason }),
    change: (reason, ...path) => void changed.push({ path: toPath(...path), reason }),
  }
}

/** The place in words; a name that could be mistaken for more than one step is quoted. */
export function toPath(...steps: readonly PathStep[]): string {
  return steps.map(toStep).join('').replace(/^\./, '')
}

function toStep(step: PathStep): string {
  if (typeof step === 'number') return `[${step}]`
  return /^[\w-]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`
}

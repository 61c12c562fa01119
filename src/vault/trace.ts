import { isAuthError } from '../core/index.js'
import type { VaultDriver } from './driver.js'

/** As much of a `Tracer` of `@opentelemetry/api` as is used here: hand in `trace.getTracer('planpass')`. */
export interface VaultTracer {
  startActiveSpan<Result>(
    name: string,
    options: { readonly kind?: number; readonly attributes?: Record<string, string> },
    work: (span: VaultSpan) => Result,
  ): Result
}

export interface VaultSpan {
  setAttribute(name: string, value: string | number): unknown
  setStatus(status: { readonly code: number }): unknown
  end(): void
}

/** `SpanKind` and `SpanStatusCode` of `@opentelemetry/api`. */
export const spanKinds = { server: 1, client: 2 } as const
const failedStatus = 2

export interface TracedWork {
  readonly name: string
  readonly kind: number
  /** Words of ours: neither secrets nor names of users. */
  readonly attributes: Record<string, string>
}

/** Does `work` in a span. Of a failure the span has the code alone, since messages are for those who asked. */
export function inSpan<Result>(
  tracer: VaultTracer,
  { name, kind, attributes }: TracedWork,
  work: (span: VaultSpan) => Promise<Result>,
): Promise<Result> {
  return tracer.startActiveSpan(name, { kind, attributes }, async (span) => {
    try {
      return await work(span)
    } catch (error) {
      span.setAttribute('error.type', isAuthError(error) ? error.code : error instanceof Error ? error.name : 'unknown')
      span.setStatus({ code: failedStatus })
      throw error
    } finally {
      span.end()
    }
  })
}

/** A span for each statement, by its name; what it is asked with stays out of it. */
export function createTracedDriver(driver: VaultDriver, tracer: VaultTracer): VaultDriver {
  return {
    ...driver,
    query: (statement, values) => {
      const attributes = { 'db.system.name': 'postgresql', 'db.operation.name': statement.name }
      const work = { name: `vault ${statement.name}`, kind: spanKinds.client, attributes }
      return inSpan(tracer, work, () => driver.query(statement, values))
    },
  }
}

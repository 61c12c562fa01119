import type { RequestEntry } from './console-api.js'

/** What is counted of requests, for Prometheus. */
export interface Metrics {
  count(entry: RequestEntry): void
  /** Of requests that the gateway itself did not let in. */
  countRefusal(code: string): void
  /** @param gauges What is the case at this moment, by the name of the metric. */
  toText(gauges: Readonly<Record<string, number>>): string
}

const buckets = [0.1, 0.5, 1, 5, 15, 60, 300]

/** In the text format of Prometheus 0.0.4. */
export function createMetrics(): Metrics {
  const requests = new Map<string, number>()
  const refusals = new Map<string, number>()
  const tokens = { input: 0, cached: 0, output: 0, reasoning: 0 }
  const durations = { counts: buckets.map(() => 0), count: 0, sum: 0 }

  return {
    count({ path, status, state, durationMs, tokens: used }) {
      increase(requests, `path="${path}",status="${status ?? 0}",state="${state}"`)
      const seconds = (durationMs ?? 0) / 1000
      durations.count += 1
      durations.sum += seconds
      buckets.forEach((limit, index) => {
        if (seconds <= limit) durations.counts[index] = (durations.counts[index] ?? 0) + 1
      })
      tokens.input += used?.inputTokens ?? 0
      tokens.cached += used?.cachedTokens ?? 0
      tokens.output += used?.outputTokens ?? 0
      tokens.reasoning += used?.reasoningTokens ?? 0
    },
    countRefusal: (code) => increase(refusals, `code="${code}"`),
    toText: (gauges) =>
      [
        ...metric('requests_total', 'counter', toSamples(requests)),
        ...metric('refusals_total', 'counter', toSamples(refusals)),
        ...metric(
          'tokens_total',
          'counter',
          Object.entries(tokens).map(([kind, value]) => [`{kind="${kind}"}`, value]),
        ),
        ...metric('request_duration_seconds', 'histogram', [
          ...buckets.map((limit, index) => [`_bucket{le="${limit}"}`, durations.counts[index] ?? 0] as const),
          ['_bucket{le="+Inf"}', durations.count],
          ['_sum', durations.sum],
          ['_count', durations.count],
        ]),
        ...Object.entries(gauges).flatMap(([name, value]) => metric(name, 'gauge', [['', value]])),
        '',
      ].join('\n'),
  }
}

function increase(counts: Map<string, number>, labels: string): void {
  counts.set(labels, (counts.get(labels) ?? 0) + 1)
}

function toSamples(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].map(([labels, value]) => [`{${labels}}`, value])
}

function metric(name: string, type: string, samples: readonly (readonly [suffix: string, value: number])[]): string[] {
  const fullName = `planpass_gateway_${name}`
  return [`# TYPE ${fullName} ${type}`, ...samples.map(([suffix, value]) => `${fullName}${suffix} ${value}`)]
}

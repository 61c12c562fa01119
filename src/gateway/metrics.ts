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
  /** Few, so that to compare them takes less than to put a key together for each request. */
  const outcomes: Outcome[] = []
  const refusals = new Map<string, number>()
  const tokens = { input: 0, cached: 0, output: 0, reasoning: 0 }
  /** Each counted in the first bucket it fits in. */
  const durations = { counts: buckets.map(() => 0), count: 0, sum: 0 }

  function outcomeOf(path: string, status: number, state: string): Outcome {
    const known = outcomes.find((one) => one.path === path && one.status === status && one.state === state)
    if (known) return known
    const fresh = { path, status, state, count: 0 }
    outcomes.push(fresh)
    return fresh
  }

  return {
    count({ path, status, state, durationMs, tokens: used }) {
      outcomeOf(path, status ?? 0, state).count += 1
      const seconds = (durationMs ?? 0) / 1000
      durations.count += 1
      durations.sum += seconds
      const first = buckets.findIndex((limit) => seconds <= limit)
      if (first !== -1) durations.counts[first] = (durations.counts[first] ?? 0) + 1
      tokens.input += used?.inputTokens ?? 0
      tokens.cached += used?.cachedTokens ?? 0
      tokens.output += used?.outputTokens ?? 0
      tokens.reasoning += used?.reasoningTokens ?? 0
    },
    countRefusal: (code) => increase(refusals, `code="${code}"`),
    toText: (gauges) =>
      [
        ...metric('requests_total', 'counter', outcomes.map(toSample)),
        ...metric('refusals_total', 'counter', toSamples(refusals)),
        ...metric(
          'tokens_total',
          'counter',
          Object.entries(tokens).map(([kind, value]) => [`{kind="${kind}"}`, value]),
        ),
        ...metric('request_duration_seconds', 'histogram', [
          ...toCumulative(durations.counts).map((count, index) => [`_bucket{le="${buckets[index]}"}`, count] as const),
          ['_bucket{le="+Inf"}', durations.count],
          ['_sum', durations.sum],
          ['_count', durations.count],
        ]),
        ...Object.entries(gauges).flatMap(([name, value]) => metric(name, 'gauge', [['', value]])),
        '',
      ].join('\n'),
  }
}

/** How requests ended, and how many did so. */
interface Outcome {
  readonly path: string
  readonly status: number
  readonly state: string
  count: number
}

function toSample({ path, status, state, count }: Outcome): [string, number] {
  return [`{path="${path}",status="${status}",state="${state}"}`, count]
}

function toCumulative(counts: readonly number[]): number[] {
  let sum = 0
  return counts.map((count) => (sum += count))
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

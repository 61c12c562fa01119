/** Counts for Prometheus. Names of users and tenants are never among the labels. */
export interface Metrics {
  count(name: MetricName, labels?: Readonly<Record<string, string>>, by?: number): void
  /** In the text format of Prometheus. */
  print(gauges: Readonly<Record<string, number>>): string
}

export type MetricName = keyof typeof helps

const helps = {
  planpass_vault_requests_total: 'Requests answered, by route and status',
  planpass_vault_request_seconds_total: 'Time until the answer began, by route',
  planpass_vault_refused_hosts_total: 'Requests whose host token was refused',
  planpass_vault_limited_total: 'Requests over a rate limit',
  planpass_vault_refreshes_total: 'Credentials refreshed on this instance',
  planpass_vault_quarantined_total: 'Credentials the issuer has refused for good, seen by this instance',
  planpass_vault_unsaved_total: 'Rotated tokens that could not be stored at once',
} as const

export function createMetrics(): Metrics {
  const values = new Map<string, number>()
  return {
    count: (name, labels = {}, by = 1) => {
      const key = `${name}${toLabels(labels)}`
      values.set(key, (values.get(key) ?? 0) + by)
    },
    print: (gauges) => {
      const counters = Object.entries(helps).flatMap(([name, help]) => [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} counter`,
        ...[...values].flatMap(([key, value]) => (key.split('{')[0] === name ? [`${key} ${value}`] : [])),
      ])
      const levels = Object.entries(gauges).flatMap(([name, value]) => [`# TYPE ${name} gauge`, `${name} ${value}`])
      return `${[...counters, ...levels].join('\n')}\n`
    },
  }
}

/** Every label is a word of ours: a route, a status. */
function toLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

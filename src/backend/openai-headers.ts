import type { Finding } from './normalisation-report.js'
import type { PreparedRequest } from './prepare-request.js'

/** What of a caller's headers goes to the backend. Never those that sign a request: the session does that. */
const forwardedHeaders = ['x-client-request-id']

/** What of the backend's headers goes to the caller: the request's id and the limits of the plan (protocol 9.4). */
const answeredHeaders =
  /^x-(request-id|models-etag|codex-.+|.+-(primary|secondary)-(used-percent|window-minutes|reset-at)|.+-limit-name)$/

/** Headers one by one, by their names in lower case. A `Headers` is such. */
export interface Fields {
  forEach(take: (value: string, name: string) => void): void
}

const longestList = 2000

/** The headers that a request goes out with, before it is signed. */
export function toRequestHeaders(given: Pick<Headers, 'get'>, { headers }: PreparedRequest): Record<string, string> {
  const sent: Record<string, string> = { 'content-type': 'application/json', accept: 'text/event-stream', ...headers }
  for (const name of forwardedHeaders) {
    const value = given.get(name)
    if (value !== null) sent[name] = value
  }
  return sent
}

/** The headers that an answer comes back with: whose it is, and in `x-planpass-dropped` what was left out of the request. */
export function toAnswerHeaders(
  given: Fields,
  dropped: readonly Finding[],
  providerName: string,
): Record<string, string> {
  const answered: Record<string, string> = { 'cache-control': 'no-store', 'x-planpass-provider': providerName }
  given.forEach((value, name) => {
    if (answeredHeaders.test(name)) answered[name] = value
  })
  if (dropped.length > 0) answered['x-planpass-dropped'] = toList(dropped)
  return answered
}

/** Which item it was does not matter here; the names are the caller's, and may be anything. */
function toList(dropped: readonly Finding[]): string {
  const paths = dropped.map(({ path }) => path.replaceAll(/\[\d+\]/g, '[]'))
  const list = [...new Set(paths)].map(toHeaderText).join(', ')
  return list.length <= longestList ? list : `${list.slice(0, longestList)}...`
}

function toHeaderText(path: string): string {
  return path.replaceAll(/[^\x21-\x7e]|[,%]/gu, encodeURIComponent)
}

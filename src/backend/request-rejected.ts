import {
  AuthError,
  isJsonObject,
  readString,
  toOneSafeLine,
  type AuthErrorDetails,
  type JsonObject,
} from '../core/index.js'

/** What more there is to say of a refused request. */
export interface RequestRejectedDetails extends AuthErrorDetails {
  readonly status: number
  /** The member of the body that is refused, as in `temperature` or `input[3].call_id`. */
  readonly field?: string
  /** The backend's own code, as in `invalid_encrypted_content`. */
  readonly upstreamCode?: string
}

/** `ERR_UPSTREAM_REJECTED`: the request is wrong, and would be refused again. */
export class RequestRejectedError extends AuthError {
  readonly status: number
  declare readonly field?: string
  declare readonly upstreamCode?: string

  constructor(summary: string, details: RequestRejectedDetails) {
    super('ERR_UPSTREAM_REJECTED', summary, details)
    this.status = details.status
    if (details.field !== undefined) this.field = details.field
    if (details.upstreamCode !== undefined) this.upstreamCode = details.upstreamCode
  }
}

interface RefusedField {
  readonly field: string
  /** The server's words, when they are not where a failed answer usually has them. */
  readonly words?: string
}

/** The field that a refusal is about: its own member, the place in a list of problems, or its words. */
export function refusedField(told: JsonObject | undefined, words: string | undefined): RefusedField | undefined {
  const problem = firstProblem(told)
  if (problem) return problem
  const named = readString(told, 'param') || fieldInWords(words ?? '')
  return named ? { field: toOneSafeLine(named) } : undefined
}

/** `detail: [{ loc: ['body', 'input', 0], msg: 'Field required' }]`. */
function firstProblem(told: JsonObject | undefined): RefusedField | undefined {
  const detail = told?.['detail']
  const problem = Array.isArray(detail) ? detail.find(isJsonObject) : undefined
  const place = problem?.['loc']
  if (!problem || !Array.isArray(place)) return undefined
  const steps = place.slice(1).filter((step) => typeof step === 'string' || typeof step === 'number')
  const field = toOneSafeLine(steps.join('.'))
  return { field, words: toOneSafeLine(`${field}: ${readString(problem, 'msg') ?? 'refused'}`) }
}

const fieldPatterns: readonly RegExp[] = [
  /\b(?:unsupported|unknown|unrecognized|invalid|missing(?: required)?) (?:parameter|field|argument)s?:? ['"`]?([\w.[\]]+)/i,
  /^Invalid ['"`]([\w.[\]]+)['"`]/i,
  /^(Store|Stream|Input|Instructions) (?:must|are|is)\b/,
]

function fieldInWords(words: string): string | undefined {
  const [match] = fieldPatterns.map((pattern) => pattern.exec(words)).filter((found) => found !== null)
  return match?.[1]?.replace(/\.$/, '').replace(/^[A-Z][a-z]+$/, (word) => word.toLowerCase())
}

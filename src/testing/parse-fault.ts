import { type EndpointName, endpointNames } from './endpoints.js'
import type { Fault } from './faults.js'

/** Reads a fault that came as JSON; `when` is a function and cannot. Throws a `TypeError` that names the member. */
export function parseFault(value: Readonly<Record<string, unknown>>): Fault {
  const { endpoint, ...rest } = value
  if (!isEndpointName(endpoint)) throw new TypeError(`endpoint has to be one of ${endpointNames.join(', ')}.`)
  for (const [name, member] of Object.entries(rest))
    if (members[name]?.(member) !== true) throw new TypeError(`${name} is no member of a fault, or not of its kind.`)
  return { ...rest, endpoint }
}

function isEndpointName(value: unknown): value is EndpointName {
  return endpointNames.some((name) => name === value)
}

type Check = (value: unknown) => boolean

const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value)
const isCount: Check = (value) => typeof value === 'number' && Number.isInteger(value) && value >= 0

const members: Readonly<Record<string, Check>> = {
  times: isCount,
  status: (value) => typeof value === 'number' && Number.isInteger(value) && value >= 200 && value <= 599,
  headers: (value) =>
    typeof value === 'object' && value !== null && Object.values(value).every((header) => typeof header === 'string'),
  body: () => true,
  html: (value) => typeof value === 'string',
  delayMs: isCount,
  drop: (value) => value === 'before' || value === 'after',
  truncateAfterBytes: isCount,
  slow: (value) =>
    typeof value === 'object' &&
    value !== null &&
    'chunkBytes' in value &&
    'delayMs' in value &&
    isCount(value.chunkBytes) &&
    value.chunkBytes !== 0 &&
    isCount(value.delayMs),
  clockOffsetMs: isNumber,
}

/** What a fault that comes as JSON may be made of, beside its endpoint. */
export const faultMembers: readonly string[] = Object.keys(members)

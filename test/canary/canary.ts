import { format, inspect } from 'node:util'
import type { Fetch, Logger } from '../../src/core/index.js'

/** Knows every secret that went over the wire, and sings when one of them is found where it was shown something. */
export interface Canary {
  readonly secrets: ReadonlySet<string>
  /** A `fetch` whose answers it learns the secrets from. */
  hear(fetch: Fetch): Fetch
  learn(...secrets: (string | undefined)[]): void
  /** Looks at a value in every form in which somebody may print it. */
  show(what: string, value: unknown): void
  readonly logger: Logger
  /** Where secrets were found; names of places, no secrets. */
  song(): string[]
}

/** Members of answers that are secret; the user code is not, since it is there to be shown. */
const secretMembers = new Set(
  'access_token id_token refresh_token authorization_code code_verifier device_auth_id'.split(' '),
)

export function createCanary(): Canary {
  const secrets = new Set<string>()
  const shown: { readonly what: string; readonly text: string }[] = []
  const learn = (...texts: (string | undefined)[]) => {
    for (const text of texts) if (text !== undefined && text.length >= shortestStretch) secrets.add(text)
  }
  const show = (what: string, value: unknown) => void shown.push(...formsOf(value).map((text) => ({ what, text })))

  return {
    secrets,
    learn,
    show,
    hear: (fetch) => async (input, init) => {
      const response = await fetch(input, init)
      if (response.ok) learn(...(await secretsOf(response.clone())))
      return response
    },
    logger: { debug: (line) => show('the log', line), warn: (line) => show('the log', line) },
    song: () => {
      const stretches = [...secrets].flatMap(stretchesOf)
      const singing = shown.filter(({ text }) => stretches.some((stretch) => text.includes(stretch)))
      return [...new Set(singing.map(({ what }) => what))]
    },
  }
}

async function secretsOf(response: Response): Promise<string[]> {
  if (!response.headers.get('content-type')?.startsWith('application/json')) return []
  const found: string[] = []
  const text = await response.text().catch(() => '{}')
  JSON.parse(text, (key, value: unknown) => {
    if (secretMembers.has(key) && typeof value === 'string') found.push(value)
    return value
  })
  return found
}

/** All the ways in which a value ends up in a log, a crash report or a snapshot. */
function formsOf(value: unknown): string[] {
  const forms = [
    String(value),
    format('%s %o %O %j', value, value, value, value),
    inspect(value, { depth: null, showHidden: true, getters: true }),
    JSON.stringify(value) ?? '',
    JSON.stringify(ownMembers(value)) ?? '',
  ]
  if (!(value instanceof Error)) return forms
  return [...forms, value.message, value.stack ?? '', ...(value.cause === undefined ? [] : formsOf(value.cause))]
}

/** As a structured logger serialises an error: with its members, also those that are not enumerable. */
function ownMembers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.getOwnPropertyNames(value).map((name) => [name, Reflect.get(value, name) as unknown]),
  )
}

const shortestStretch = 16

/** A stretch of a secret gives it away as well. The header of a JWT is the same in all of them, and no secret. */
function stretchesOf(secret: string): string[] {
  const parts = secret.split('.')
  const telling = parts.length === 3 ? parts.slice(1) : [secret]
  return telling.flatMap((part) =>
    Array.from({ length: Math.floor(part.length / shortestStretch) }, (_, index) =>
      part.slice(index * shortestStretch, (index + 1) * shortestStretch),
    ),
  )
}

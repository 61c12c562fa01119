import { expect } from 'vitest'
import type { RequestLogEntry } from '../../src/testing/index.js'
import { namedDifferences } from './parity-differences.js'

/** What a request is known by: where it goes, its headers, the order of its members, and each member. */
export type Traits = Readonly<Record<string, string>>

/** One request of a sign-in, as each of the two sends it; `undefined` when one does not. */
export interface Step {
  readonly name: string
  readonly codex: Traits | undefined
  readonly planpass: Traits | undefined
}

/** In one trait of one step, what the real Codex sends and what we send. */
export interface Difference {
  readonly step: string
  readonly trait: string
  readonly codex: string
  readonly planpass: string
}

/** Fails on a difference that has no name, and on a name for a difference that is no longer there. */
export function expectNamedDifferences(steps: readonly Step[], named = namedDifferences): void {
  const names = new Set(steps.map(({ name }) => name))
  const expected = named.flatMap(({ steps: at, reason: _reason, ...difference }) =>
    at.filter((step) => names.has(step)).map((step) => ({ step, ...difference })),
  )
  expect(sorted(findDifferences(steps))).toEqual(sorted(expected))
}

function sorted(differences: readonly Difference[]): Difference[] {
  return differences.toSorted((one, other) => keyOf(one).localeCompare(keyOf(other)))
}

function keyOf({ step, trait }: Difference): string {
  return `${step} ${trait}`
}

function findDifferences(steps: readonly Step[]): Difference[] {
  return steps.flatMap(({ name: step, codex, planpass }) => {
    if (!codex || !planpass) return [{ step, trait: 'request', codex: isSent(codex), planpass: isSent(planpass) }]
    const traits = new Set([...Object.keys(codex), ...Object.keys(planpass)])
    return [...traits]
      .map((trait) => ({ step, trait, codex: codex[trait] ?? 'none', planpass: planpass[trait] ?? 'none' }))
      .filter((difference) => difference.codex !== difference.planpass)
  })
}

function isSent(traits: Traits | undefined): string {
  return traits ? 'sent' : 'none'
}

/** An authorize URL. What is drawn for one attempt alone is known by its length. */
export function describeUrl(url: URL): Traits {
  const drawn = new Set(['state', 'code_challenge'])
  const members = [...url.searchParams].map(([name, value]) => [
    name,
    drawn.has(name) ? `${value.length} characters` : value,
  ])
  return { path: url.pathname, order: [...url.searchParams.keys()].join(' '), ...Object.fromEntries(members) }
}

/** A request as the emulator logged it, which keeps no secret: of one it says that it was there. */
export function describeEntry({ method, path, origin, headers, body }: RequestLogEntry): Traits {
  const members = Object.entries(body as Record<string, unknown>)
  return {
    method,
    path,
    accept: headers['accept'] ?? 'none',
    originator: headers['originator'] ?? 'none',
    // The rest of it tells the machine.
    product: headers['user-agent']?.split('/')[0] ?? 'none',
    'content-type': headers['content-type'] ?? 'none',
    'content-length': headers['content-length'] ?? 'none',
    order: members.map(([name]) => name).join(' '),
    ...Object.fromEntries(members.map(([name, value]) => [name, describeValue(value, origin)])),
  }
}

function describeValue(value: unknown, origin: string): string {
  const text = String(value)
  return text.startsWith('sha256:') ? 'a secret' : text.replace(origin, 'the issuer')
}

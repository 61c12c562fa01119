import type { Difference } from './parity.js'

export interface NamedDifference extends Omit<Difference, 'step'> {
  readonly steps: readonly string[]
  readonly reason: string
}

const signInSteps = ['device code', 'poll', 'device exchange', 'browser exchange']

const ownName = 'Nobody signs in under the name of another product.'

/** All that planpass sends otherwise than Codex 0.169.0, on purpose. */
export const namedDifferences: readonly NamedDifference[] = [
  {
    steps: ['authorize'],
    trait: 'originator',
    codex: 'codex_cli_rs',
    planpass: 'planpass',
    reason: ownName,
  },
  { steps: signInSteps, trait: 'originator', codex: 'none', planpass: 'planpass', reason: ownName },
  { steps: ['refresh'], trait: 'originator', codex: 'codex_exec', planpass: 'planpass', reason: ownName },
  { steps: ['revocation'], trait: 'originator', codex: 'codex_cli_rs', planpass: 'planpass', reason: ownName },
  { steps: signInSteps, trait: 'product', codex: 'none', planpass: 'planpass', reason: ownName },
  { steps: ['refresh'], trait: 'product', codex: 'codex_exec', planpass: 'planpass', reason: ownName },
  { steps: ['revocation'], trait: 'product', codex: 'codex_cli_rs', planpass: 'planpass', reason: ownName },
  {
    steps: [...signInSteps, 'refresh', 'revocation'],
    trait: 'accept',
    codex: '*/*',
    planpass: 'application/json',
    reason: 'An answer that is no JSON is refused, so it is said what is wanted.',
  },
  {
    steps: ['API key exchange'],
    trait: 'request',
    codex: 'sent',
    planpass: 'none',
    reason: 'A plan is used and no paid key: a key that nobody asked for is not made.',
  },
]

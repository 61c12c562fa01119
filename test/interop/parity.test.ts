import { describe, expect, it } from 'vitest'
import { createFakeClock, type EndpointName, type RequestLogEntry } from '../../src/testing/index.js'
import { printedUserCode, withCommandLine, type CommandLine } from '../support/cli-lab.js'
import { createHurryingClock } from '../support/hurrying-clock.js'
import { type CodexLab, withCodexLab } from './codex-lab.js'
import { namedDifferences } from './parity-differences.js'
import { describeEntry, expectNamedDifferences, type Traits } from './parity.js'

/** By the machine's clock, which Codex goes by, the hour of an access token that was issued then has three minutes left. */
const agoMs = 57 * 60_000

/** What Codex prints for the person to type (real-codex 3). */
const codexUserCode = /one-time code[^\n]*\n\s*([A-Z0-9]+-[A-Z0-9]+)/

/** The steps of a device sign-in, by the endpoint that each asks. */
const endpoints = {
  'device code': 'device-user-code',
  poll: 'device-token',
  'device exchange': 'token',
  refresh: 'token',
  revocation: 'revoke',
} as const satisfies Record<string, EndpointName>

type StepName = keyof typeof endpoints
type Story = Partial<Record<StepName, Traits>>

/** The first request of each step that `work` makes at the emulator. */
async function listen(
  { emulator }: CodexLab,
  steps: readonly StepName[],
  work: () => Promise<unknown>,
): Promise<Story> {
  emulator.clearLog()
  await work()
  const requestOf = (step: StepName): RequestLogEntry => {
    const entry = emulator.log.find(({ endpoint }) => endpoint === endpoints[step])
    if (!entry) throw new Error(`Nothing was sent for: ${step}.`)
    return entry
  }
  return Object.fromEntries(steps.map((step) => [step, describeEntry(requestOf(step))]))
}

const signInSteps = ['device code', 'poll', 'device exchange'] as const

async function codexSignsIn({ start, listener, emulator }: CodexLab): Promise<void> {
  const login = await start(['login', '--device-auth', '--experimental_issuer', listener.issuer])
  const [, userCode = ''] = await login.waitForOutput(codexUserCode)
  emulator.approve(userCode)
  await login.finished
}

async function planpassSignsIn({ emulator }: CodexLab, { start }: CommandLine): Promise<void> {
  const login = start(['login', '--device', '--json'])
  const [, userCode = ''] = await login.waitForOutput(printedUserCode)
  emulator.approve(userCode)
  await login.finished
}

describe('what planpass sends', () => {
  it('is what the real Codex sends for a device sign-in, a refresh and a sign-out, but for what is named', async () => {
    const clock = createFakeClock(Date.now() - agoMs)
    await withCodexLab({ clock }, async (lab) => {
      const place = { target: lab.listener.issuer, clock: createHurryingClock(clock.now()) }
      await withCommandLine(place, async (commandLine) => {
        const codexIn = await listen(lab, signInSteps, () => codexSignsIn(lab))
        const planpassIn = await listen(lab, signInSteps, () => planpassSignsIn(lab, commandLine))
        await clock.advance(agoMs)
        const now = createHurryingClock(clock.now())
        const codex: Story = {
          ...codexIn,
          ...(await listen(lab, ['refresh'], () => lab.run(['exec', '--skip-git-repo-check', 'say hi']))),
          ...(await listen(lab, ['revocation'], () => lab.run(['logout']))),
        }
        const planpass: Story = {
          ...planpassIn,
          ...(await listen(lab, ['refresh'], () => commandLine.run(['token'], { clock: now }))),
          ...(await listen(lab, ['revocation'], () => commandLine.run(['logout'], { clock: now }))),
        }
        const names = Object.keys(endpoints) as StepName[]
        expectNamedDifferences(names.map((name) => ({ name, codex: codex[name], planpass: planpass[name] })))
        expect(codex.refresh).toMatchObject({ refresh_reason: 'proactive_expiry', refresh_token: 'a secret' })
      })
    })
  })
})

describe('the comparison', () => {
  const step = { name: 'poll', codex: { order: 'a b', a: '1', b: '2' }, planpass: { order: 'a b', a: '1', b: '2' } }
  const named = [{ steps: ['poll'], trait: 'a', codex: '1', planpass: '3', reason: 'On purpose.' }]

  it.each([
    ['another value', { ...step, planpass: { ...step.planpass, a: '3' } }],
    ['another order', { ...step, planpass: { ...step.planpass, order: 'b a' } }],
    ['a member more', { ...step, planpass: { ...step.planpass, c: '4' } }],
    ['a request less', { ...step, planpass: undefined }],
  ])('fails on a difference without a name: %s', (_, other) => {
    expect(() => expectNamedDifferences([other], [])).toThrow('deeply equal')
  })

  it('fails on a name for a difference that is gone, or that is another one by now', () => {
    expect(() => expectNamedDifferences([step], named)).toThrow('deeply equal')
    const changed = { ...step, planpass: { ...step.planpass, a: '5' } }
    expect(() => expectNamedDifferences([changed], named)).toThrow('deeply equal')
    expectNamedDifferences([{ ...step, planpass: { ...step.planpass, a: '3' } }], named)
  })

  it('has a reason for every name', () => {
    expect(namedDifferences.filter(({ reason }) => !/^[A-Z].+\.$/.test(reason))).toEqual([])
  })
})

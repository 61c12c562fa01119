import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { isAbortError, type Session } from '../../src/core/index.js'
import { createFlakyStore } from '../support/flaky-store.js'
import { signedIn, type SignedIn } from '../support/signed-in.js'

type World = Omit<SignedIn, 'store'> & { readonly store: ReturnType<typeof createFlakyStore> }

const steps = {
  'ask for a token': (session: Session) => session.accessToken(),
  'ask for a token and leave': (session: Session) => leave((signal) => session.accessToken({ signal })),
  refresh: (session: Session) => session.refresh(),
  'refresh and leave': (session: Session) => leave((signal) => session.refresh({ signal })),
  'send a request': (session: Session, { emulator }: World) => session.fetch(`${emulator.backendUrl}/wham/usage`),
  'meet a 401': (session: Session, { emulator }: World) => {
    emulator.expireAccessTokens()
    return session.fetch(`${emulator.backendUrl}/wham/usage`)
  },
  'let the time pass': async (_: Session, { clock }: World) => clock.advance(20 * 60_000),
  'fail once at the issuer': async (_: Session, { emulator }: World) =>
    void emulator.faults.add({ endpoint: 'token', status: 503, times: 1 }),
  'fail once to store': async (_: Session, { store }: World) => void (store.failingWrites = 1),
} satisfies Record<string, (session: Session, world: World) => Promise<unknown>>

type Step = keyof typeof steps

/** A caller who is gone before the answer is there. */
function leave(work: (signal: AbortSignal) => Promise<unknown>): Promise<unknown> {
  const controller = new AbortController()
  const waiting = work(controller.signal)
  controller.abort()
  return waiting
}

/** What may go wrong without anything being lost. */
const harmless = ['ERR_STORE_WRITE_AFTER_ROTATION', 'ERR_TOKEN_REFRESH_UNAVAILABLE']

function isHarmless(error: unknown): boolean {
  return isAbortError(error) || harmless.includes(String((error as { code?: unknown }).code))
}

const interleaving = fc.array(
  fc.record({
    step: fc.constantFrom<Step>(...(Object.keys(steps) as Step[])),
    session: fc.nat(1),
    /** Whether the next step waits for this one. */
    waits: fc.boolean(),
  }),
  { minLength: 1, maxLength: 15 },
)

it('spends no refresh token twice and loses none, in whatever order its callers come', async () => {
  await fc.assert(
    fc.asyncProperty(interleaving, async (script) => {
      const { store: _, ...rest } = await signedIn({ reuse: 'strict' })
      const world: World = { ...rest, store: createFlakyStore(rest.credential) }
      // Only one of them may find that the store fails: what it holds in memory, the other cannot know.
      const isFlaky = script.some(({ step }) => step === 'fail once to store')
      const one = world.openSession({ store: world.store })
      const sessions = [one, isFlaky ? one : world.openSession({ store: world.store })]
      const running: Promise<unknown>[] = []
      const failures: unknown[] = []
      for (const { step, session, waits } of script) {
        const work = steps[step](sessions[session] ?? one, world)
        const settled = work.catch((error: unknown) => void (isHarmless(error) || failures.push(error)))
        running.push(settled)
        if (waits) await settled
      }
      await Promise.all(running)
      world.emulator.faults.clear()
      world.store.failingWrites = 0
      await one.refresh()
      expect(failures).toEqual([])
      expect(world.emulator.counters.refresh).toMatchObject({ reused: 0, revoked: 0, expired: 0, unknown: 0 })
    }),
    { numRuns: 30 },
  )
})

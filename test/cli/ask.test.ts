import { describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/core/index.js'
import { createFakeClock, type FakeClock } from '../../src/testing/index.js'
import { parseLines, withCliLab, type CliLab } from '../support/cli-lab.js'
import { expectFailure } from '../support/expect-failure.js'

const model = ['--model', 'gpt-5.5']
const prompt = 'Why is the sky blue?'
const answer = `You said: ${prompt}`

/** Somebody is signed in, and the answer comes event by event as the body lets it. */
async function withSteppedAnswer(body: (lab: CliLab, clock: FakeClock) => Promise<void>): Promise<void> {
  const clock = createFakeClock(systemClock.now())
  await withCliLab({ clock }, async (lab) => {
    await lab.signIn()
    lab.emulator.faults.add({ endpoint: 'responses', slow: { chunkBytes: 10_000, delayMs: 1 } })
    await body(lab, clock)
  })
}

/** Lets the next `count` events out. The text begins in the sixth. */
async function letOut(clock: FakeClock, count: number): Promise<void> {
  for (let event = 0; event < count; event += 1) {
    await vi.waitFor(() => expect(clock.sleeping).toBe(1), { interval: 1, timeout: 10_000 })
    await clock.advance(1)
  }
}

const firstText = 6
const rest = 6

describe('planpass ask', () => {
  it('prints the beginning of the answer before its end is there', async () => {
    await withSteppedAnswer(async (lab, clock) => {
      const asking = lab.startProcess(['ask', ...model, prompt])
      await letOut(clock, firstText)
      await asking.waitForOutput(/You said/)
      expect(asking.printed.stdout).toBe('You said: Wh')
      await letOut(clock, rest)
      expect(await asking.finished).toEqual({ exitCode: 0, stdout: `${answer}\n`, stderr: '' })
    })
  })

  it('is cancelled in the middle by Ctrl-C, with 130', async () => {
    await withSteppedAnswer(async (lab, clock) => {
      const asking = lab.startProcess(['ask', ...model, prompt])
      await letOut(clock, firstText)
      await asking.waitForOutput(/You said/)
      asking.interrupt()
      const { exitCode, stdout, stderr } = await asking.finished
      expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: 'You said: Wh' })
      expect(stderr).toBe('Cancelled.\n')
    })
  })

  it('takes the prompt from its words, or from stdin', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const words = await lab.run(['ask', ...model, 'two', 'words'])
      expect(words).toEqual({ exitCode: 0, stdout: 'You said: two words\n', stderr: '' })
      const piped = await lab.run(['ask', ...model], { stdin: 'two\nlines' })
      expect(piped.stdout).toBe('You said: two\nlines\n')
    })
  })

  it('takes the prompt from the stdin of a process', async () => {
    await withCliLab({ clock: systemClock }, async (lab) => {
      await lab.signIn()
      const { exitCode, stdout } = await lab.runProcess(['ask', ...model], { stdin: 'Grüße, 世界\n' })
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'You said: Grüße, 世界\n\n' })
    })
  })

  it('can be cancelled while it waits for stdin', async () => {
    await withCliLab({ clock: systemClock }, async (lab) => {
      await lab.signIn()
      const asking = lab.startProcess(['ask', ...model], { stdin: 'word '.repeat(100_000), holdsStdinOpen: true })
      await asking.tookStdin
      asking.interrupt()
      expect(await asking.finished).toMatchObject({ exitCode: 130, stdout: '' })
    })
  })

  it('ends the line it was in when the answer breaks off on a terminal', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      lab.emulator.faults.add({ endpoint: 'responses', truncateAfterBytes: 2200 })
      const { stdout } = await lab.run(['ask', ...model, prompt], { columns: 80 })
      expect(stdout).toMatch(/^You said: \P{Cc}*\n$/u)
    })
  })

  it('refuses an empty stdin with 2', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      expectFailure(await lab.run(['ask'], { stdin: ' \n' }), 2, 'ERR_CONFIG_USAGE')
    })
  })

  it('asks the first model of the list, or the one that is named', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const models = async (...argv: string[]) => parseLines((await lab.run(argv)).stdout).at(-1)?.['model']
      expect(await models('ask', 'hi', '--json')).toBe('gpt-6.1-sol')
      expect(await models('ask', 'hi', '--json', ...model)).toBe('gpt-5.5')
      expectFailure(await lab.run(['ask', 'hi', '--model', 'gpt-9']), 6, 'ERR_UPSTREAM_MODEL_NOT_AVAILABLE')
    })
  })

  it('tells text and end as events with --json', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const events = parseLines((await lab.run(['ask', ...model, prompt, '--json'])).stdout)
      const deltas = events.slice(0, -1)
      expect(deltas.map(({ event }) => event)).toEqual(['text', 'text', 'text'])
      expect(deltas.map(({ delta }) => delta).join('')).toBe(answer)
      expect(events.at(-1)).toMatchObject({ event: 'completed', model: 'gpt-5.5', text: answer })
    })
  })

  it('refreshes first when the access token has ended, and once when the backend refuses it', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      await lab.clock.sleep(2 * 60 * 60_000)
      expect(await lab.run(['ask', 'hi'])).toMatchObject({ exitCode: 0, stdout: 'You said: hi\n' })
      lab.emulator.expireAccessTokens()
      expect(await lab.run(['ask', 'hi'])).toMatchObject({ exitCode: 0, stdout: 'You said: hi\n' })
      expect(lab.emulator.counters.refresh.ok).toBe(2)
    })
  })

  it('fails with 3 when nobody is signed in', async () => {
    await withCliLab({}, async (lab) => {
      expectFailure(await lab.run(['ask', 'hi']), 3, 'ERR_SIGN_IN_REQUIRED')
    })
  })

  it.each([1700, 2200, 2600, 3000])(
    'fails with 6 when the answer is cut after %i bytes',
    async (truncateAfterBytes) => {
      await withCliLab({}, async (lab) => {
        await lab.signIn()
        lab.emulator.faults.add({ endpoint: 'responses', truncateAfterBytes })
        const text = await lab.run(['ask', ...model, prompt])
        expect(text.exitCode).toBe(6)
        expect(answer.startsWith(text.stdout)).toBe(true)
        expect(text.stderr).toContain('(ERR_UPSTREAM_STREAM_CUT)')
        const events = parseLines((await lab.run(['ask', ...model, prompt, '--json'])).stdout)
        expect(events.map(({ event }) => event)).not.toContain('completed')
        expect(events.at(-1)).toMatchObject({ error: { code: 'ERR_UPSTREAM_STREAM_CUT', remedy: 'retry' } })
      })
    },
  )

  it('fails with 6 when the answer fails, the limit is reached or the backend does', async () => {
    const failure = { code: 'server_is_tired', message: 'Try later.' }
    const answers = [{ answer: { items: [{ type: 'text' as const, text: 'Well' }], failure } }]
    await withCliLab({ scenario: { answers } }, async (lab) => {
      await lab.signIn()
      const failed = await lab.run(['ask', ...model, prompt])
      expect(failed).toMatchObject({ exitCode: 6, stdout: 'Well' })
      expect(failed.stderr).toContain('Try later.')
      lab.emulator.scenario.usageLimit = { resetsInSeconds: 60 }
      expectFailure(await lab.run(['ask', ...model, prompt]), 6, 'ERR_UPSTREAM_USAGE_LIMIT')
      lab.emulator.faults.add({ endpoint: 'responses', status: 503, html: '<!doctype html>' })
      expectFailure(await lab.run(['ask', ...model, prompt]), 6, 'ERR_UPSTREAM_UNAVAILABLE')
    })
  })

  it('is refused before anything is read or asked when its options are wrong', async () => {
    await withCliLab({}, async (lab) => {
      expectFailure(await lab.run(['ask', 'hi', '--backend-url', 'ftp://x.test']), 2, 'ERR_CONFIG_URL')
      expect(lab.emulator.log).toEqual([])
    })
  })
})

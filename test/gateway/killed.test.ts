import OpenAI from 'openai'
import { expect, it } from 'vitest'
import { systemClock } from '../../src/core/index.js'
import { caught } from '../support/caught.js'
import { parseLines, withCliLab, type CliLab } from '../support/cli-lab.js'

const model = 'gpt-6.1-sol'

async function startGateway({ startProcess }: CliLab, port: string) {
  const child = startProcess(['serve', '--stored-keys', '--json', '--port', port])
  await child.waitForOutput(/"listening".*\n/)
  const [{ url } = {}] = parseLines(child.printed.stdout) as { url: string }[]
  return { child, url: url ?? '' }
}

it('answers the retries of clients whose gateway was killed in mid-stream and started again', async () => {
  await withCliLab({ clock: systemClock }, async (lab) => {
    await lab.signIn()
    const apiKey = (await lab.run(['keys', 'add', 'editor'])).stdout.trim()
    lab.emulator.faults.add({ endpoint: 'responses', slow: { chunkBytes: 200, delayMs: 50 }, times: 2 })
    const killed = await startGateway(lab, '0')
    const client = new OpenAI({ baseURL: killed.url, apiKey, maxRetries: 0 })
    const ask = () => client.responses.create({ model, input: 'Hello '.repeat(500), stream: true })

    // The client's own tries, as many as it takes the gateway to come back; by itself it has two.
    const patient = new OpenAI({ baseURL: killed.url, apiKey, maxRetries: 8 })
    const whole = patient.responses.create({ model, input: 'Hello '.repeat(500) })
    await expect.poll(() => lab.emulator.counters.requests.responses).toBe(1)
    const stream = (await ask())[Symbol.asyncIterator]()
    await stream.next()
    killed.child.stop('SIGKILL')
    const readOn = async () => {
      while (!(await stream.next()).done);
    }
    expect(await caught(readOn())).toBeInstanceOf(Error)
    await killed.child.finished

    const again = await startGateway(lab, new URL(killed.url).port)
    expect(again.url).toBe(killed.url)
    let text = ''
    for await (const event of await ask()) if (event.type === 'response.output_text.delta') text += event.delta
    expect(text).toContain('You said: Hello')
    expect((await whole).output_text).toContain('You said: Hello')
    expect(lab.emulator.counters.requests.responses).toBe(4)
    expect(lab.emulator.counters.refresh).toMatchObject({ ok: 0, reused: 0 })
    again.child.stop('SIGTERM')
    expect(await again.child.finished).toMatchObject({ exitCode: 0 })
  })
})

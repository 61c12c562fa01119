import { describe, expect, it } from 'vitest'
import { withCliLab } from '../support/cli-lab.js'

const escape = '\u001b'
const commands = [['status'], ['models'], ['usage'], ['ask', 'hi']]

describe('colours', () => {
  it('are for terminals', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      for (const argv of [['status'], ['models'], ['usage']]) {
        expect((await lab.run(argv, { columns: 80 })).stdout).toContain(escape)
      }
    })
  })

  it.each([
    ['NO_COLOR', { columns: 80, environment: { NO_COLOR: '1' } }],
    ['a dumb terminal', { columns: 80, environment: { TERM: 'dumb' } }],
    ['a pipe', {}],
  ])('are not for %s', async (_, options) => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      for (const argv of commands) {
        const { stdout, stderr } = await lab.run(argv, options)
        expect(stdout + stderr).not.toContain(escape)
      }
    })
  })

  it('are never in JSON', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      for (const argv of commands) {
        expect((await lab.run([...argv, '--json'], { columns: 80 })).stdout).not.toContain(escape)
      }
    })
  })
})

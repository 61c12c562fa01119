import { describe, expect, it } from 'vitest'
import { fromSession, type ConsoleState } from '../../src/gateway/index.js'
import { signedIn } from '../support/signed-in.js'
import { openConsole } from './console-lab.js'
import { inTime, question } from './gateway-lab.js'

describe('the console of a gateway whose surroundings fail', () => {
  it('shows the rest when the backend says nothing about the models or the usage', async () => {
    const lab = await openConsole()
    for (const endpoint of ['models', 'usage'] as const) lab.emulator.faults.add({ endpoint, delayMs: 3_600_000 })
    const state = (await (await inTime(lab, 1000, lab.get('/api/state?fresh=1'))).json()) as ConsoleState
    expect(state).toMatchObject({
      profiles: [{ state: 'valid' }],
      models: { state: 'unknown', failure: { code: 'ERR_NETWORK_TIMEOUT' } },
      usage: { state: 'unknown', failure: { code: 'ERR_NETWORK_TIMEOUT' } },
    })
    expect(lab.clock.now() - state.gateway.startedAtMs).toBeLessThan(60_000)
  })

  it('goes on when its profiles cannot be listed for a moment', async () => {
    const { session } = await signedIn()
    const profiles = fromSession(session)
    let isBroken = false
    const names = async () => {
      if (isBroken) throw new Error('The folder cannot be read.')
      return profiles.names()
    }
    const signIn = async () => ({ warnings: [] })
    const { get, post } = await openConsole({ profiles: { ...profiles, names }, console: { signIn } })
    const events = await get('/api/events')
    isBroken = true
    expect((await post('/api/sign-in')).status).toBe(202)
    isBroken = false
    await expect.poll(async () => await (await get('/api/state')).json()).toMatchObject({ signIn: { state: 'done' } })
    await events.body?.cancel()
  })

  it('goes on when the usage cannot be noted after an answer', async () => {
    const { session } = await signedIn()
    const history = { append: async () => Promise.reject(new Error('The disk is full.')), read: async () => [] }
    const open = (name: string) => ({ name, session, history })
    const { ask, get } = await openConsole({ profiles: { ...fromSession(session), open } })
    const events = await get('/api/events')
    expect((await ask('/v1/responses', question())).status).toBe(200)
    expect((await get('/api/requests')).status).toBe(200)
    await events.body?.cancel()
  })

  it('says that nobody can sign in from it, where that is so', async () => {
    const { get, post } = await openConsole()
    await post('/api/sign-in')
    await expect
      .poll(async () => await (await get('/api/state')).json())
      .toMatchObject({
        signIn: { state: 'failed', failure: { code: 'no_sign_in', message: 'Nobody can sign in from here.' } },
      })
  })
})

import { describe, expect, it, onTestFinished } from 'vitest'
import { createClientIdentity, systemClock, type Logger } from '../../src/core/index.js'
import { authorizationCodeRequest, processAuthorizationCodeResponse } from '../../src/core/oauth.js'
import { openBrowserDoor, type BrowserDoorOptions } from '../../src/sign-in/browser-door.js'
import type { SignInGrant } from '../../src/sign-in/door.js'
import { createEmulator, createFakeClock, type Emulator } from '../../src/testing/index.js'
import { caught, caughtAuthError } from '../support/caught.js'
import { createHurryingClock } from '../support/hurrying-clock.js'
import { providerOf } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'
import { dial, foreignServer, isListening, visit } from './loopback-client.js'
import { callbackOf } from './sign-in-setup.js'

const identity = createClientIdentity()

/** A door on a port of its own, before an emulator that lets a browser come back to any port. */
async function openDoor(options: Partial<BrowserDoorOptions> = {}) {
  const emulator = createEmulator({ signingKey, clock: createFakeClock(), rulesOff: ['redirect-uri-registered'] })
  const provider = providerOf(emulator)
  const door = await openBrowserDoor({ provider, identity, callbackPort: 0, ...options })
  onTestFinished(() => door.conclude({ error: new Error('The test is over.') }))
  return { emulator, provider, door }
}

type Lab = Awaited<ReturnType<typeof openDoor>>

/** Where the person's decision sends the browser. */
async function decide({ emulator, door }: Lab, decision: 'approve' | 'deny'): Promise<string> {
  const { pathname, search } = await callbackOf(emulator, door.attempt.authorizeUrl, decision)
  return pathname + search
}

async function exchange({ provider, emulator }: Pick<Lab, 'provider' | 'emulator'>, { grant }: SignInGrant) {
  const response = await authorizationCodeRequest(provider, grant, { fetch: emulator.fetch, identity })
  return processAuthorizationCodeResponse(response)
}

/** What the token endpoint was asked. */
function tokenRequests({ log }: Emulator) {
  return log.filter(({ path }) => path === '/oauth/token')
}

describe('the browser door', () => {
  it('lets a sign-in through, whose code is good for tokens with the redirect of the first leg', async () => {
    const lab = await openDoor()
    const { door, emulator } = lab
    expect(door.attempt.redirectUri).toBe(`http://127.0.0.1:${door.port}/auth/callback`)
    expect(door.attempt.authorizeUrl.searchParams.get('redirect_uri')).toBe(door.attempt.redirectUri)
    const answer = visit(door.port, await decide(lab, 'approve'))
    const grant = await door.grant
    expect(grant).toMatchObject({ flow: 'browser', grant: { redirectUri: door.attempt.redirectUri } })
    expect(await exchange(lab, grant)).toMatchObject({ refreshToken: expect.anything() })
    const concluded = door.conclude({ signedIn: true })
    expect(await answer).toMatchObject({ status: 302 })
    expect((await visit(door.port, '/success')).body).toContain('You are signed in')
    await concluded
    expect(tokenRequests(emulator)).toHaveLength(1)
  })

  it('says to the browser what came of the exchange, with the code of the error', async () => {
    const lab = await openDoor()
    const { door, emulator } = lab
    emulator.faults.add({ endpoint: 'token', status: 403, body: { error: 'unsupported_country_region_territory' } })
    const answer = visit(door.port, await decide(lab, 'approve'))
    const error = await caughtAuthError(exchange(lab, await door.grant))
    await door.conclude({ error })
    const { body } = await answer
    expect(body).toContain(error.code)
    expect(body).not.toContain('You are signed in')
  })

  it('rejects when the person says no', async () => {
    const lab = await openDoor()
    const page = await visit(lab.door.port, await decide(lab, 'deny'))
    expect(await caughtAuthError(lab.door.grant)).toMatchObject({ code: 'ERR_SIGN_IN_DENIED' })
    expect(page.body).toContain('ERR_SIGN_IN_DENIED')
    expect(tokenRequests(lab.emulator)).toEqual([])
  })

  it('asks for all allowed workspaces in one parameter', async () => {
    const { door } = await openDoor({ allowedWorkspaceIds: ['ws-1', 'ws-2'] })
    expect(door.attempt.authorizeUrl.searchParams.getAll('allowed_workspace_id')).toEqual(['ws-1,ws-2'])
  })

  it('makes a new state and a new challenge every time', async () => {
    const doors = [await openDoor(), await openDoor()]
    for (const name of ['state', 'code_challenge']) {
      const values = doors.map(({ door }) => door.attempt.authorizeUrl.searchParams.get(name))
      expect(new Set(values).size).toBe(2)
    }
  })

  it('tells the address neither the verifier nor, to the log, anything secret', async () => {
    const lines: string[] = []
    const logger: Logger = { debug: (line) => void lines.push(line), warn: (line) => void lines.push(line) }
    const lab = await openDoor({ logger })
    const path = await decide(lab, 'approve')
    const answer = visit(lab.door.port, path)
    const { grant } = await lab.door.grant
    void lab.door.conclude({ error: new Error('over') })
    await answer
    expect(lab.door.attempt.authorizeUrl.href).not.toContain(grant.verifier.reveal())
    const text = lines.join('\n')
    expect(text).toContain('approved')
    for (const secret of [grant.verifier.reveal(), grant.code.reveal(), lab.door.attempt.state])
      expect(text.includes(secret)).toBe(false)
  })
})

describe('the port of the browser door', () => {
  it('is taken over from an older sign-in of the same process, which is told', async () => {
    const first = await openDoor()
    const second = await openDoor({ callbackPort: first.door.port, clock: systemClock })
    expect(second.door.port).toBe(first.door.port)
    expect(await caughtAuthError(first.door.grant)).toMatchObject({ code: 'ERR_SIGN_IN_CANCELLED' })
    const answer = visit(second.door.port, await decide(second, 'approve'))
    await expect(second.door.grant).resolves.toMatchObject({ flow: 'browser' })
    void second.door.conclude({ error: new Error('over') })
    await answer
  })

  it('is not opened when it is taken: nothing is there to open a browser with', async () => {
    const holder = await foreignServer()
    const options = { callbackPort: holder.port, clock: createHurryingClock() }
    expect(await caughtAuthError(openDoor(options))).toMatchObject({
      code: 'ERR_SIGN_IN_PORT',
      summary: expect.stringContaining(String(holder.port)),
    })
  })

  const endings: Record<string, (lab: Lab, controller: AbortController) => Promise<unknown>> = {
    'a sign-in': async (lab) => {
      const answer = visit(lab.door.port, await decide(lab, 'approve'))
      await lab.door.grant
      const concluded = lab.door.conclude({ signedIn: true })
      await answer
      await visit(lab.door.port, '/success')
      return concluded
    },
    'a refusal': async (lab) => {
      await visit(lab.door.port, await decide(lab, 'deny'))
      return lab.door.conclude({ error: await caught(lab.door.grant) })
    },
    'a cancel': async (lab) => {
      await visit(lab.door.port, '/cancel')
      return lab.door.conclude({ error: await caught(lab.door.grant) })
    },
    'an abort': async (lab, controller) => {
      controller.abort(new Error('enough'))
      await expect(lab.door.grant).rejects.toThrow('enough')
      return lab.door.conclude({ error: undefined })
    },
    'another door that was faster': (lab) => lab.door.conclude({ signedIn: true }),
    'a callback nobody waited for': async (lab) => {
      const browser = await dial(lab.door.port, `GET ${await decide(lab, 'approve')} HTTP/1.1\r\nHost: x\r\n\r\n`)
      browser.destroy()
      return lab.door.conclude({ error: undefined })
    },
  }
  it.each(Object.entries(endings))('is free on both addresses after %s', async (_name, end) => {
    const controller = new AbortController()
    const lab = await openDoor({ signal: controller.signal })
    await dial(lab.door.port, 'GET / HTTP/1.1\r\n')
    await end(lab, controller)
    for (const host of ['127.0.0.1', '::1']) expect(await isListening(lab.door.port, host)).toBe(false)
  })

  it('is not even bound when the sign-in is no longer wanted', async () => {
    const reason = new Error('too late')
    expect(await caught(openDoor({ signal: AbortSignal.abort(reason) }))).toBe(reason)
  })

  it('is free again when the sign-in ends while the door opens', async () => {
    const holder = await foreignServer()
    await holder.close()
    const controller = new AbortController()
    const identityThatAborts = {
      ...identity,
      get originator() {
        controller.abort(new Error('changed my mind'))
        return 'lab'
      },
    }
    const { signal } = controller
    const opening = openDoor({ callbackPort: holder.port, signal, identity: identityThatAborts })
    await expect(opening).rejects.toThrow('changed my mind')
    expect(await isListening(holder.port)).toBe(false)
  })

  it('is free again when the attempt cannot be made', async () => {
    const holder = await foreignServer()
    await holder.close()
    const provider = { ...providerOf(createEmulator({ signingKey })), issuer: 'no url' }
    await caught(openBrowserDoor({ provider, identity, callbackPort: holder.port }))
    expect(await isListening(holder.port)).toBe(false)
  })

  it('leaves no listener at the signal', async () => {
    const { signal } = new AbortController()
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => void (add(...args), (listeners += 1))
    signal.removeEventListener = (...args: Parameters<typeof remove>) => void (remove(...args), (listeners -= 1))
    const { door } = await openDoor({ signal })
    expect(listeners).toBe(1)
    await door.conclude({ signedIn: true })
    expect(listeners).toBe(0)
  })
})

it('the browser waits for an abort no longer than the program', async () => {
  const controller = new AbortController()
  const lab = await openDoor({ signal: controller.signal })
  const answer = visit(lab.door.port, await decide(lab, 'approve'))
  await lab.door.grant
  controller.abort()
  expect((await answer).body).toContain('The sign-in was cancelled')
})

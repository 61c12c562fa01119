import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fingerprint, Secret } from '../../src/core/index.js'
import { createExternalSession } from '../../src/core/external.js'
import {
  createBroker,
  createBrokerKey,
  fromBroker,
  listenBroker,
  type BrokerAddress,
  type BrokerOptions,
} from '../../src/sources/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { signedIn, untilExpiredMs, type SignedIn } from '../support/signed-in.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const key = new Secret('a-key-that-nobody-guesses')

/** A broker over a session at the emulator, asked in-process. */
async function brokered(options: BrokerOptions = {}) {
  const world = await signedIn()
  const broker = createBroker(world.session, options)
  const ask = (path = '/token', init?: RequestInit) => broker(new Request(`http://127.0.0.1:8787${path}`, init))
  return { ...world, broker, ask }
}

async function listening(at: BrokerAddress, world?: SignedIn) {
  const { session, ...rest } = world ?? (await signedIn())
  const listener = await listenBroker(session, at)
  onTestFinished(() => listener.close())
  return { ...rest, session, listener }
}

describe('a broker', () => {
  it('gives out the access token, and nothing that could renew it', async () => {
    const { ask, credential } = await brokered()
    const response = await ask()
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual({
      accessToken: credential.accessToken.reveal(),
      accountId: credential.accountId,
      planType: 'plus',
      expiresAt: new Date(credential.expiresAtMs ?? 0).toISOString(),
    })
  })

  it('keeps the token alive', async () => {
    const { ask, clock, emulator, credential } = await brokered()
    await clock.advance(untilExpiredMs)
    expect(await (await ask()).text()).not.toContain(credential.accessToken.reveal())
    expect(emulator.counters.refresh.ok).toBe(1)
  })

  it('refreshes once for all whose token was refused', async () => {
    const { ask, emulator, credential } = await brokered()
    const path = `/token?rejected=${await fingerprint(credential.accessToken)}`
    const answers = await Promise.all(Array.from({ length: 8 }, async () => (await ask(path)).text()))
    expect(await (await ask(path)).text()).toBe(answers[0])
    expect(new Set(answers).size).toBe(1)
    expect(emulator.counters.refresh.ok).toBe(1)
  })

  it('refreshes nothing when another process has done so a moment ago', async () => {
    const { ask, emulator, credential, openSession } = await brokered()
    await ask()
    const renewed = await openSession().refresh()
    const answer = await ask(`/token?rejected=${await fingerprint(credential.accessToken)}`)
    expect(await answer.json()).toMatchObject({ accessToken: renewed.accessToken.reveal() })
    expect(emulator.counters.refresh.ok).toBe(1)
  })

  it('refreshes nothing for a token it has never given out', async () => {
    const { ask, emulator } = await brokered()
    expect((await ask('/token?rejected=0123456789abcdef')).status).toBe(200)
    expect(emulator.counters.refresh.ok).toBe(0)
  })

  it.each([
    ['no key', {}],
    ['another key', { authorization: 'Bearer another' }],
    ['the key in another scheme', { authorization: `Basic ${key.reveal()}` }],
  ])('refuses %s', async (_what, headers) => {
    const { ask, credential } = await brokered({ key })
    const response = await ask('/token', { headers })
    expect(response.status).toBe(401)
    expect(await response.text()).not.toContain(credential.accessToken.reveal())
    expect((await ask('/token', { headers: { authorization: `Bearer ${key.reveal()}` } })).status).toBe(200)
  })

  it.each([{ origin: 'https://page.test' }, { origin: 'null' }, { 'sec-fetch-site': 'same-origin' }])(
    'refuses a page of a browser: %j',
    async (header) => {
      const { ask } = await brokered({ key })
      const headers = new Headers({ authorization: `Bearer ${key.reveal()}`, ...header })
      expect((await ask('/token', { headers })).status).toBe(403)
    },
  )

  it('refuses another path, another method, and a name that is not its own', async () => {
    const { ask, broker } = await brokered({ hosts: ['127.0.0.1:8787'] })
    expect((await ask('/')).status).toBe(404)
    expect((await ask('/token', { method: 'POST' })).status).toBe(405)
    expect((await broker(new Request('http://rebound.test:8787/token'))).status).toBe(403)
  })

  it('says what is wrong with the sign-in, by its code', async () => {
    const { ask, clock, emulator } = await brokered()
    emulator.expireRefreshTokens()
    await clock.advance(untilExpiredMs)
    const response = await ask()
    expect(response.status).toBe(502)
    expect(await response.json()).toMatchObject({ error: { code: 'ERR_TOKEN_REFRESH_EXPIRED' } })
  })

  it('says that it failed when nobody foresaw it, and quotes no secret', async () => {
    const { session, credential } = await signedIn()
    const broken = async () => {
      throw new TypeError(`no ${credential.accessToken.reveal()}`)
    }
    const response = await createBroker({ ...session, credential: broken })(new Request('http://localhost/token'))
    expect(response.status).toBe(500)
    expect(await response.json()).toEqual({ error: { message: 'TypeError: no [redacted]' } })
  })

  it('makes a new key each time', () => {
    expect(createBrokerKey().reveal()).toMatch(/^[\w-]{43}$/)
    expect(createBrokerKey().equals(createBrokerKey())).toBe(false)
  })
})

describe('a broker on loopback', () => {
  it('serves a session elsewhere, through a 401', async () => {
    const { listener, provider, emulator, credential } = await listening({ key })
    expect(listener.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/token$/)
    const auth = fromBroker({ address: listener.address, key })
    const session = createExternalSession({ auth, provider, fetch: emulator.fetch })
    expect((await session.accessToken()).equals(credential.accessToken)).toBe(true)
    emulator.expireAccessTokens()
    expect((await session.fetch(`${emulator.backendUrl}/wham/usage`)).status).toBe(200)
    expect(emulator.counters.refresh.ok).toBe(1)
    expect(await session.status()).toMatchObject({ mode: 'chatgptAuthTokens', planType: 'plus' })
  })

  it('refuses a reader without its key', async () => {
    const { listener } = await listening({ key })
    const error = await caughtAuthError(fromBroker({ address: listener.address }).resolve())
    expect(error).toMatchObject({ code: 'ERR_TOKEN_SOURCE_FAILED' })
    expect(error.summary).toContain('status 401: the key is missing or wrong')
  })

  it('refuses a name that somebody else gave to its address', async () => {
    const { listener } = await listening({ key })
    const headers = { host: 'rebound.test', authorization: `Bearer ${key.reveal()}` }
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(listener.address, { headers }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      request.once('error', reject).end()
    })
    expect(status).toBe(403)
  })

  it('says so when its port is taken', async () => {
    const { listener, session } = await listening({ key })
    const port = Number(new URL(listener.address).port)
    expect(await caughtCode(listenBroker(session, { key, port }))).toBe('ERR_CONFIG_LISTEN')
  })

  it('lets the request that runs finish when it closes, and takes no other', async () => {
    const { session } = await signedIn()
    const [asked, gate] = [deferred(), deferred()]
    const credential = async () => {
      asked.resolve()
      await gate.promise
      return session.credential()
    }
    const listener = await listenBroker({ ...session, credential }, { key })
    const answer = fromBroker({ address: listener.address, key }).resolve()
    await asked.promise
    const closed = listener.close()
    gate.resolve()
    expect((await answer)?.chatgpt?.accountId).toBe('account-emulated-1')
    await closed
    expect(await caughtCode(fromBroker({ address: listener.address, key }).resolve())).toBe('ERR_NETWORK_UNREACHABLE')
  })
})

describe('a broker on a socket file', () => {
  it('serves without a key whoever may open the file, which is its owner alone', async () => {
    const folder = join(await temporaryFolder(), 'broker')
    const socketPath = join(folder, 'broker.sock')
    const { listener, credential } = await listening({ socketPath })
    expect(listener.address).toBe(`unix:${socketPath}`)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600)
    const tokens = await fromBroker({ address: listener.address }).resolve()
    expect(tokens?.accessToken.equals(credential.accessToken)).toBe(true)
  })

  it('removes the file when it closes', async () => {
    const socketPath = join(await temporaryFolder(), 'broker.sock')
    const { session } = await signedIn()
    const listener = await listenBroker(session, { socketPath })
    await listener.close()
    await expect(stat(socketPath)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('refuses a folder that others may look into', async () => {
    const folder = join(await temporaryFolder(), 'open')
    await mkdir(folder)
    await chmod(folder, 0o755)
    const { session } = await signedIn()
    const error = await caughtAuthError(listenBroker(session, { socketPath: join(folder, 'broker.sock') }))
    expect(error).toMatchObject({ code: 'ERR_CONFIG_LISTEN' })
    expect(error.message).toContain('mode 0700')
  })

  it('refuses a path where another broker listens, or where a file lies', async () => {
    const socketPath = join(await temporaryFolder(), 'broker.sock')
    const { session } = await listening({ socketPath })
    expect(await caughtCode(listenBroker(session, { socketPath }))).toBe('ERR_CONFIG_LISTEN')
    const file = join(await temporaryFolder(), 'notes.txt')
    await writeFile(file, 'mine')
    expect(await caughtCode(listenBroker(session, { socketPath: file }))).toBe('ERR_CONFIG_LISTEN')
    expect(await readFile(file, 'utf8')).toBe('mine')
  })

  it('takes over the file of a broker that was killed', async () => {
    const folder = await temporaryFolder()
    const socketPath = join(folder, 'broker.sock')
    await leaveSocket(socketPath)
    const { listener } = await listening({ socketPath })
    expect(await fromBroker({ address: listener.address }).resolve()).toBeDefined()
  })
})

describe('a reader of a broker', () => {
  const answering = (body: string, status = 200) => {
    const asked: string[] = []
    const fetch = async (input: string | URL | Request) => {
      asked.push(new Request(input).url)
      return new Response(body, { status })
    }
    return { asked, fetch }
  }

  it('keeps a token until it is about to end', async () => {
    const world = await signedIn()
    const broker = createBroker(world.session)
    let asked = 0
    const fetch = async (input: string | URL | Request, init?: RequestInit) => {
      asked += 1
      return broker(new Request(input, init))
    }
    const address = 'https://broker.example.test/token'
    const source = fromBroker({ address, fetch, clock: world.clock, refreshIntervalMs: 0 })
    await source.resolve()
    await world.clock.advance(58 * 60_000)
    await source.resolve()
    expect(asked).toBe(1)
    await world.clock.advance(60_000)
    await source.resolve()
    expect(asked).toBe(2)
    expect(world.emulator.counters.refresh.ok).toBe(1)
  })

  it('hears from the broker why there is no token', async () => {
    const { session, clock, emulator } = await signedIn()
    emulator.expireRefreshTokens()
    await clock.advance(untilExpiredMs)
    const broker = createBroker(session)
    const fetch = (input: string | URL | Request, init?: RequestInit) => broker(new Request(input, init))
    const source = fromBroker({ address: 'https://broker.example.test/token', fetch })
    expect(await caughtCode(source.resolve())).toBe('ERR_TOKEN_REFRESH_EXPIRED')
  })

  it.each([
    ['no JSON', 'token', 200],
    ['no token', '{"token":"opaque"}', 200],
    ['a page', '<html></html>', 502],
    ['a code that is not ours', '{"error":{"code":"ERR_MADE_UP"}}', 500],
  ])('is not misled by %s', async (_what, body, status) => {
    const source = fromBroker({ address: 'https://broker.example.test/token', ...answering(body, status) })
    expect(await caughtCode(source.resolve())).toBe('ERR_TOKEN_SOURCE_FAILED')
  })

  it('refuses a whole sign-in in the place of a token', async () => {
    const body = '{"accessToken":"opaque","refresh_token":"rt"}'
    const source = fromBroker({ address: 'https://broker.example.test/token', ...answering(body) })
    expect(await caughtCode(source.resolve())).toBe('ERR_TOKEN_UNSUPPORTED_MODE')
  })

  it.each(['http://broker.example.test/token', 'ftp://broker.example.test', 'broker'])(
    'sends its key to no address like %s',
    async (address) => {
      const { asked, fetch } = answering('{}')
      expect(await caughtCode(() => fromBroker({ address, key, fetch }))).toBe('ERR_CONFIG_URL')
      expect(asked).toEqual([])
    },
  )

  it('gives up on a broker that does not answer', async () => {
    const socketPath = join(await temporaryFolder(), 'silent.sock')
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(socketPath, resolve))
    onTestFinished(() => void server.close())
    const source = fromBroker({ address: `unix:${socketPath}`, timeoutMs: 50 })
    expect(await caughtCode(source.resolve())).toBe('ERR_NETWORK_TIMEOUT')
  })
})

function deferred() {
  let resolve: () => void = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

/** As a killed process leaves it: the file is there, and nobody listens. */
async function leaveSocket(socketPath: string): Promise<void> {
  const script = `require('net').createServer().listen(${JSON.stringify(socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`
  const child = spawn(process.execPath, ['--eval', script], { stdio: 'ignore' })
  await once(child, 'close')
  expect((await stat(socketPath)).isSocket()).toBe(true)
}

import { afterEach, describe, expect, it } from 'vitest'
import { createEmulator, type EmulatorListener } from '../../src/testing/index.js'
import { emulatorAtRest, post, refresh } from './issuer-client.js'

const jwksPath = '/.well-known/jwks.json'

describe('faults, in-process', () => {
  it('answer in the place of the service, whose state does not change', async () => {
    const { emulator } = emulatorAtRest()
    const { refreshToken } = await emulator.issueTokens()
    emulator.faults.add({
      endpoint: 'token',
      times: 1,
      status: 503,
      body: { error: 'busy' },
      headers: { 'retry-after': '7' },
    })
    const response = await emulator.fetch(`${emulator.issuer}/oauth/token`, { method: 'POST' })
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '7'])
    expect(await response.json()).toEqual({ error: 'busy' })
    expect((await refresh(emulator, refreshToken)).status).toBe(200)
  })

  it('send a page where JSON is due', async () => {
    const { emulator } = emulatorAtRest()
    emulator.faults.add({ endpoint: 'jwks', status: 502, html: '<h1>Bad gateway</h1>' })
    const response = await emulator.fetch(`${emulator.issuer}${jwksPath}`)
    expect(response.headers.get('content-type')).toContain('text/html')
    expect(await response.text()).toBe('<h1>Bad gateway</h1>')
  })

  it('drop the connection before anything happened', async () => {
    const { emulator } = emulatorAtRest()
    const { refreshToken } = await emulator.issueTokens()
    emulator.faults.add({ endpoint: 'token', times: 1, drop: 'before' })
    await expect(refresh(emulator, refreshToken)).rejects.toBeInstanceOf(TypeError)
    expect((await refresh(emulator, refreshToken)).status).toBe(200)
  })

  it('drop the connection after the state changed', async () => {
    const { emulator } = emulatorAtRest({ reuse: 'soft' })
    const { refreshToken } = await emulator.issueTokens()
    emulator.faults.add({ endpoint: 'token', times: 1, drop: 'after' })
    await expect(refresh(emulator, refreshToken)).rejects.toThrow('fetch failed')
    expect(emulator.log[0]).toMatchObject({ status: undefined, outcome: 'dropped' })
    expect((await refresh(emulator, refreshToken)).status).toBe(401)
  })

  it('delay by the emulator’s clock, and an impatient caller gets its own reason', async () => {
    const { emulator, clock } = emulatorAtRest()
    emulator.faults.add({ endpoint: 'jwks', delayMs: 5000 })
    const patient = emulator.fetch(`${emulator.issuer}${jwksPath}`)
    const stop = new AbortController()
    const impatient = emulator.fetch(`${emulator.issuer}${jwksPath}`, { signal: stop.signal })
    await clock.advance(4999)
    expect(clock.sleeping).toBe(2)
    stop.abort(new Error('too slow'))
    await expect(impatient).rejects.toThrow('too slow')
    await clock.advance(1)
    expect((await patient).status).toBe(200)
  })

  it('give half an answer, then break', async () => {
    const { emulator } = emulatorAtRest()
    emulator.faults.add({ endpoint: 'discovery', truncateAfterBytes: 10 })
    const response = await emulator.fetch(`${emulator.issuer}/.well-known/openid-configuration`)
    const reader = response.body?.getReader()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('{"issuer":')
    await expect(reader?.read()).rejects.toThrow('terminated')
  })

  it('let the body trickle', async () => {
    const { emulator, clock } = emulatorAtRest()
    emulator.faults.add({ endpoint: 'discovery', slow: { chunkBytes: 4, delayMs: 100 } })
    const response = await emulator.fetch(`${emulator.issuer}/.well-known/openid-configuration`)
    const reader = response.body?.getReader()
    const first = reader?.read()
    await clock.advance(100)
    expect(new TextDecoder().decode((await first)?.value)).toBe('{"is')
    await reader?.cancel()
  })

  it('trickle in pieces of one byte at least', () => {
    const { emulator } = emulatorAtRest()
    for (const chunkBytes of [0, -1, Number.NaN])
      expect(() => emulator.faults.add({ endpoint: 'discovery', slow: { chunkBytes, delayMs: 1 } })).toThrow(RangeError)
    expect(emulator.faults.active).toEqual([])
  })

  it('put the server’s clock off, in the Date header and in the tokens', async () => {
    const { emulator, clock } = emulatorAtRest()
    const { refreshToken } = await emulator.issueTokens()
    emulator.faults.add({ endpoint: 'token', clockOffsetMs: -3_600_000 })
    const response = await emulator.fetch(`${emulator.issuer}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
        refresh_token: refreshToken,
      }),
    })
    const body: unknown = await response.json()
    const { id_token: idToken } = body as { id_token: string }
    const claims: unknown = JSON.parse(atob(idToken.split('.')[1] ?? ''))
    expect(claims).toMatchObject({ iat: (clock.now() - 3_600_000) / 1000 })
    expect(Date.parse(response.headers.get('date') ?? '')).toBe(clock.now() - 3_600_000)
  })

  it('hit only what their `when` says, as often as `times` says, until removed', async () => {
    const { emulator } = emulatorAtRest()
    const status = async () => (await emulator.fetch(`${emulator.issuer}${jwksPath}`)).status
    const second = emulator.faults.add({ endpoint: 'jwks', status: 500, when: ({ count }) => count === 2 })
    expect([await status(), await status(), await status()]).toEqual([200, 500, 200])
    expect(second.hits).toBe(1)
    second.remove()
    emulator.faults.add({ endpoint: 'jwks', status: 429, times: 2 })
    expect([await status(), await status(), await status()]).toEqual([429, 429, 200])
    emulator.faults.add({ endpoint: 'jwks', status: 404 })
    emulator.faults.clear()
    expect(emulator.faults.active).toEqual([])
    expect(await status()).toBe(200)
  })

  it('can redirect, which the in-process fetch follows within the emulator only', async () => {
    const { emulator } = emulatorAtRest()
    const redirect = (location: string) =>
      emulator.faults.add({ endpoint: 'discovery', times: 1, status: 307, headers: { location } })
    const url = `${emulator.issuer}/.well-known/openid-configuration`
    redirect(jwksPath)
    expect(await (await emulator.fetch(url)).json()).toHaveProperty('keys')
    redirect('https://elsewhere.test/')
    await expect(emulator.fetch(url)).rejects.toThrow(TypeError)
    redirect(jwksPath)
    await expect(emulator.fetch(url, { redirect: 'error' })).rejects.toThrow(TypeError)
    redirect(jwksPath)
    expect((await emulator.fetch(url, { redirect: 'manual' })).status).toBe(307)
  })

  it('keep the body of a request that is redirected with its method', async () => {
    const { emulator } = emulatorAtRest()
    const headers = { location: '/oauth/revoke' }
    emulator.faults.add({ endpoint: 'token', times: 1, status: 308, headers })
    expect((await post(emulator, '/oauth/token', { token: 'x' })).status).toBe(200)
    expect(emulator.log.map(({ endpoint }) => endpoint)).toEqual(['token', 'revoke'])
  })
})

describe('faults, over a socket', () => {
  let listener: EmulatorListener | undefined
  afterEach(() => listener?.close())

  it('close the connection, before or after', async () => {
    const emulator = createEmulator()
    listener = await emulator.listen()
    for (const drop of ['before', 'after'] as const) {
      emulator.faults.add({ endpoint: 'jwks', times: 1, drop })
      await expect(fetch(`${listener.issuer}${jwksPath}`)).rejects.toMatchObject({ cause: { code: 'UND_ERR_SOCKET' } })
    }
    expect((await fetch(`${listener.issuer}${jwksPath}`)).status).toBe(200)
  })

  it('close the connection in the middle of the body', async () => {
    const emulator = createEmulator()
    listener = await emulator.listen()
    emulator.faults.add({ endpoint: 'discovery', truncateAfterBytes: 10 })
    const response = await fetch(`${listener.issuer}/.well-known/openid-configuration`)
    expect(response.status).toBe(200)
    const reader = response.body?.getReader()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('{"issuer":')
    await expect(reader?.read()).rejects.toThrow('terminated')
  })

  it('end with the caller that hangs up during a delay', async () => {
    const { emulator, clock } = emulatorAtRest()
    listener = await emulator.listen()
    emulator.faults.add({ endpoint: 'jwks', delayMs: 60_000 })
    const stop = new AbortController()
    const answer = fetch(`${listener.issuer}${jwksPath}`, { signal: stop.signal })
    while (clock.sleeping === 0) await clock.advance(0)
    stop.abort()
    await expect(answer).rejects.toThrow('aborted')
    while (clock.sleeping > 0) await clock.advance(0)
    expect(emulator.log[0]).toMatchObject({ status: undefined })
  })
})

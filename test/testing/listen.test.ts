import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { decodeJwt } from 'jose'
import { Agent, fetch as undiciFetch } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { createEmulator, type EmulatorListener, writeCaFile } from '../../src/testing/index.js'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean()
})

async function listening(...[options]: Parameters<ReturnType<typeof createEmulator>['listen']>) {
  const emulator = createEmulator()
  const listener = await emulator.listen(options)
  cleanups.push(() => listener.close())
  return { emulator, listener }
}

/** The certificate a server shows to a client that trusts the authority. */
function serverCertificate(listener: EmulatorListener, host: string): Promise<X509Certificate | undefined> {
  const { port } = new URL(listener.tls?.issuer ?? '')
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port), servername: host, ca: listener.tls?.caPem }, () => {
      resolve(socket.getPeerX509Certificate())
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

describe('listen', () => {
  it('serves http on the loopback interface, and the issuer is the origin it was reached by', async () => {
    const { emulator, listener } = await listening()
    expect(listener.issuer).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(listener.backendUrl).toBe(`${listener.issuer}/backend-api`)
    const byName = listener.issuer.replace('127.0.0.1', 'localhost')
    expect(await (await fetch(`${byName}/.well-known/openid-configuration`)).json()).toMatchObject({ issuer: byName })
    expect(decodeJwt((await emulator.issueTokens()).idToken).iss).toBe(listener.issuer)
  })

  it('serves https with a certificate its own authority signed', async () => {
    const { listener } = await listening({ tls: { hosts: ['auth.example.test'] } })
    const dispatcher = new Agent({ connect: { ca: listener.tls?.caPem ?? '' } })
    cleanups.push(() => dispatcher.close())
    const url = `${listener.tls?.issuer}/.well-known/openid-configuration`
    expect(await (await undiciFetch(url, { dispatcher })).json()).toMatchObject({ issuer: listener.tls?.issuer })
    await expect(fetch(url)).rejects.toThrow('fetch failed')
  })

  it.each(['localhost', 'auth.example.test'])(
    'shows a certificate that is good for %s and the loopback addresses',
    async (host) => {
      const { listener } = await listening({ tls: { hosts: ['auth.example.test'] } })
      const certificate = await serverCertificate(listener, host)
      const authority = new X509Certificate(listener.tls?.caPem ?? '')
      expect(authority.ca).toBe(true)
      expect(authority.verify(authority.publicKey)).toBe(true)
      expect(certificate?.checkIssued(authority)).toBe(true)
      expect(certificate?.ca).toBe(false)
      expect(certificate?.checkHost(host)).toBe(host)
      expect(certificate?.checkIP('127.0.0.1')).toBe('127.0.0.1')
      expect(certificate?.checkIP('::1')).toBe('::1')
      expect(certificate?.checkHost('chatgpt.com')).toBeUndefined()
    },
  )

  it('writes the authority to a file for programs that are told a path', async () => {
    const { listener } = await listening({ tls: true })
    const folder = await mkdtemp(join(tmpdir(), 'planpass-ca-'))
    cleanups.push(() => rm(folder, { recursive: true }))
    await writeCaFile(join(folder, 'ca.pem'), listener.tls?.caPem ?? '')
    expect(await readFile(join(folder, 'ca.pem'), 'utf8')).toBe(listener.tls?.caPem)
  })

  it('stops answering when closed', async () => {
    const { listener } = await listening({ tls: true })
    await fetch(listener.issuer)
    await listener.close()
    await expect(fetch(listener.issuer)).rejects.toThrow('fetch failed')
  })

  it('fails, and leaves nothing open, when a port is taken', async () => {
    const squatter = createServer()
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => new Promise((resolve) => squatter.close(resolve)))
    const address = squatter.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    const emulator = createEmulator()
    await expect(emulator.listen({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await expect(emulator.listen({ tls: { port } })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  it('leaves the global Request and Response as they were', async () => {
    const before = [globalThis.Request, globalThis.Response]
    await listening()
    expect([globalThis.Request, globalThis.Response]).toEqual(before)
  })
})

import { execFile } from 'node:child_process'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect, promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createTransport, type NetworkEnvironment } from '../../src/network/index.js'
import { createCertificateAuthority } from '../../src/testing/certificate-authority.js'
import { writeCaFile } from '../../src/testing/index.js'
import { packageFolder } from '../packaging/manifest.js'
import { caught, caughtAuthError } from '../support/caught.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { createForwardProxy, type ForwardProxy, type ForwardProxyOptions } from './forward-proxy.js'

const host = 'service.example.test'
const url = `https://${host}/path?query`

/** No name of it can be resolved, so that whatever arrives has come through the proxy. */
interface Lab {
  readonly environment: NetworkEnvironment
  readonly proxy: ForwardProxy
}

interface LabOptions extends ForwardProxyOptions {
  readonly answer?: RequestListener
  readonly isTlsProxy?: boolean
  /** What the certificate of the service is for. */
  readonly certified?: string
}

async function createLab(options: LabOptions = {}): Promise<Lab> {
  const { answer = answerOk, isTlsProxy = false, certified = host, ...proxyOptions } = options
  const ofService = createCertificateAuthority()
  const ofProxy = createCertificateAuthority()
  const secure = await listen(createTlsServer(ofService.issue([certified]), answer))
  const plain = await listen(createServer(answer))
  const proxy = await createForwardProxy({
    hosts: { [`${host}:443`]: secure, [host]: plain },
    ...(isTlsProxy && { tls: ofProxy.issue(['127.0.0.1']) }),
    ...proxyOptions,
  })
  onTestFinished(() => proxy.close())
  const caFile = join(await temporaryFolder(), 'ca.pem')
  await writeCaFile(caFile, ofService.caPem + ofProxy.caPem)
  return { proxy, environment: { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url, CODEX_CA_CERTIFICATE: caFile } }
}

const answerOk: RequestListener = ({ method, url: path, headers }, response) => {
  response.end(JSON.stringify({ method, path, headers }))
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

interface Seen {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

describe('a proxy', () => {
  it.each([
    ['http', false],
    ['https', true],
  ])('that speaks %s is asked for a tunnel, in which TLS ends at the service', async (_, isTlsProxy) => {
    const { environment, proxy } = await createLab({ isTlsProxy })
    const fetch = await createTransport(environment)
    const seen = (await (await fetch(url)).json()) as Seen
    expect(seen).toMatchObject({ path: '/path?query', headers: { host } })
    expect(proxy.targets).toEqual([`${host}:443`])
    expect(proxy.authorizations).toEqual([undefined])
  })

  it('is asked for plain http by its whole URL, as many tunnel to port 443 alone', async () => {
    const { environment, proxy } = await createLab()
    const fetch = await createTransport(environment)
    const seen = (await (await fetch(`http://${host}/path?query`)).json()) as Seen
    expect(seen).toMatchObject({ path: '/path?query', headers: { host } })
    expect(proxy.targets).toEqual([`http://${host}/path?query`])
  })

  it.each([
    ['http', false],
    ['https', true],
  ])('that speaks %s is told the user name and the password, and the service is not', async (_, isTlsProxy) => {
    const { environment, proxy } = await createLab({ isTlsProxy, credentials: 'ada:s@cret' })
    const HTTPS_PROXY = proxy.url.replace('://', '://ada:s%40cret@')
    const fetch = await createTransport({ ...environment, HTTPS_PROXY })
    const seen = (await (await fetch(url)).json()) as Seen
    expect(Object.keys(seen.headers)).not.toContain('proxy-authorization')
    expect(proxy.authorizations).toEqual([`Basic ${btoa('ada:s@cret')}`])
  })

  it('is asked for fewer tunnels than there are requests', async () => {
    const { environment, proxy } = await createLab()
    const fetch = await createTransport(environment)
    for (let count = 0; count < 8; count++) await (await fetch(url)).text()
    expect(proxy.targets.length).toBeLessThan(8)
  })

  it('is not asked for what NO_PROXY names, nor for where a redirect leads past it', async () => {
    const direct = await listen(createServer(answerOk))
    const location = `http://127.0.0.1:${direct}/direct`
    const { environment, proxy } = await createLab({
      answer: (_, response) => response.writeHead(302, { location }).end(),
    })
    const fetch = await createTransport(environment)
    expect(await (await fetch(url)).json()).toMatchObject({ path: '/direct' })
    expect(proxy.targets).toEqual([`${host}:443`])
    const excluding = await createTransport({ ...environment, NO_PROXY: '.example.test' })
    const error = await caughtAuthError(excluding(url))
    expect(error.code).toBe('ERR_NETWORK_UNREACHABLE')
    expect(error.summary).toMatch(
      /^service\.example\.test could not be reached \(getaddrinfo .+\), directly \(NO_PROXY has \.example\.test\)/,
    )
    expect(proxy.targets).toHaveLength(1)
  })
})

describe('what travels through a proxy', () => {
  it('streams in both directions at once', async () => {
    const { environment } = await createLab({ answer: (request, response) => void request.pipe(response) })
    const fetch = await createTransport(environment)
    const upload = new TransformStream<Uint8Array, Uint8Array>()
    const writer = upload.writable.getWriter()
    const first = writer.write(new TextEncoder().encode('one'))
    const response = await fetch(url, { method: 'POST', body: upload.readable, duplex: 'half' })
    const reader = response.body?.getReader()
    await first
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('one')
    await writer.write(new TextEncoder().encode('two'))
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('two')
    await writer.close()
    expect((await reader?.read())?.done).toBe(true)
  })

  it('can be aborted while the proxy thinks, before the answer, and in the middle of it', async () => {
    const silent = await createForwardProxy({ isSilent: true })
    onTestFinished(() => silent.close())
    const { environment } = await createLab({ answer: (_, response) => void response.write('data') })
    for (const HTTPS_PROXY of [silent.url, environment.HTTPS_PROXY]) {
      const fetch = await createTransport({ ...environment, HTTPS_PROXY })
      const controller = new AbortController()
      const work = fetch(url, { signal: controller.signal }).then((response) => {
        queueMicrotask(() => controller.abort())
        return response.text()
      })
      if (HTTPS_PROXY === silent.url) setImmediate(() => controller.abort())
      expect(await caught(work)).toMatchObject({ name: 'AbortError' })
    }
  })

  it('gives way to a deadline, and says where it was on its way', async () => {
    const silent = await createForwardProxy({ isSilent: true })
    onTestFinished(() => silent.close())
    const fetch = await createTransport({ HTTPS_PROXY: silent.url })
    const error = await caughtAuthError(fetch(url, { signal: AbortSignal.timeout(50) }))
    expect(error.code).toBe('ERR_NETWORK_TIMEOUT')
    expect(error.summary).toBe(`${host} did not answer in time, through the proxy ${silent.host} (HTTPS_PROXY).`)
  })

  it('keeps no process alive once it is there', async () => {
    const lasting: RequestListener = (_, response) => {
      response.setHeader('keep-alive', 'timeout=600')
      response.end('answer')
    }
    const script = [
      'const { createTransport } = await import(process.argv[1])',
      'const fetch = await createTransport(process.env)',
      'console.log(await (await fetch(process.argv[2])).text())',
    ].join('\n')
    const network = pathToFileURL(join(packageFolder, 'dist/network/index.js')).href
    for (const isTlsProxy of [false, true]) {
      const { environment } = await createLab({ answer: lasting, isTlsProxy })
      const argv = ['--input-type=module', '--eval', script, network, url]
      const options = { env: { ...environment }, timeout: 20_000 }
      const { stdout, stderr } = await promisify(execFile)(process.execPath, argv, options)
      expect({ stdout, stderr }).toEqual({ stdout: 'answer\n', stderr: '' })
    }
  })
})

describe('a proxy that lets nobody through', () => {
  it.each([
    [407, 'ERR_NETWORK_PROXY', 'Put your user name and password into HTTPS_PROXY'],
    [403, 'ERR_NETWORK_PROXY', 'allow this host'],
    [400, 'ERR_NETWORK_PROXY', 'allow this host'],
    [502, 'ERR_NETWORK_UNREACHABLE', 'try again'],
    [504, 'ERR_NETWORK_UNREACHABLE', 'try again'],
  ])('with %i is %s, with what to do', async (status, code, advice) => {
    const { environment, proxy } = await createLab({ status })
    const error = await caughtAuthError((await createTransport(environment))(url))
    expect(error).toMatchObject({ code, advice: expect.stringContaining(advice) })
    expect(error.summary).toBe(
      `The proxy ${proxy.host} (HTTPS_PROXY) does not let us through to ${host}:443 (status ${status}).`,
    )
    expect(proxy.targets).toEqual([`${host}:443`])
  })

  it('as the password is wrong says so, and repeats it nowhere', async () => {
    const { environment, proxy } = await createLab({ credentials: 'ada:right' })
    const HTTPS_PROXY = proxy.url.replace('://', '://ada:wr0ng-password@')
    const error = await caughtAuthError((await createTransport({ ...environment, HTTPS_PROXY }))(url))
    expect(error).toMatchObject({
      code: 'ERR_NETWORK_PROXY',
      advice: 'Check the user name and the password in HTTPS_PROXY.',
    })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/wr0ng|ada:|YWRhOn/)
  })
})

describe('a proxy that is not there', () => {
  it('is named with its variable, and so is the host it was for', async () => {
    const gone = await createForwardProxy()
    await gone.close()
    const fetch = await createTransport({ ALL_PROXY: gone.url.replace('://', '://ada:passw0rd@') })
    const error = await caughtAuthError(fetch(url))
    expect(error).toMatchObject({
      code: 'ERR_NETWORK_UNREACHABLE',
      summary: `The way to ${host}:443 leads through a proxy (ALL_PROXY): ${gone.host} could not be reached (connect ECONNREFUSED ${gone.host}).`,
      advice: 'Check that the proxy runs, and that ALL_PROXY says where.',
    })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/passw0rd|YWRhOn/)
    const plain = await caughtAuthError(fetch(`http://${host}`))
    expect(plain.summary).toBe(
      `${host} could not be reached (connect ECONNREFUSED ${gone.host}), through the proxy ${gone.host} (ALL_PROXY).`,
    )
    expect(inspect(plain, { depth: 9, showHidden: true })).not.toMatch(/passw0rd|YWRhOn/)
  })

  it('as its name is unknown is said to be so', async () => {
    const fetch = await createTransport({ HTTPS_PROXY: 'http://proxy.example.test:3128' })
    const { summary } = await caughtAuthError(fetch(url))
    expect(summary).toMatch(/\(HTTPS_PROXY\): proxy\.example\.test:3128 could not be reached \(getaddrinfo /)
  })

  it('as it speaks no TLS is said to be so', async () => {
    const { environment, proxy } = await createLab()
    const HTTPS_PROXY = proxy.url.replace('http:', 'https:')
    const error = await caughtAuthError((await createTransport({ ...environment, HTTPS_PROXY }))(url))
    expect(error).toMatchObject({ code: 'ERR_NETWORK_TLS', advice: expect.stringContaining('http or https') })
  })
})

describe('certificates on the way through a proxy', () => {
  it('are verified on the way to it', async () => {
    const { environment, proxy } = await createLab({ isTlsProxy: true })
    const error = await caughtAuthError((await createTransport({ HTTPS_PROXY: proxy.url }))(url))
    expect(error.code).toBe('ERR_NETWORK_TLS')
    expect(error.summary).toContain(`(HTTPS_PROXY): ${proxy.host} could not be reached`)
    expect(error.advice).toContain('CODEX_CA_CERTIFICATE')
    expect(proxy.targets).toEqual([])
    const refused = await createTransport({ ...environment, HTTPS_PROXY: proxy.url.replace('127.0.0.1', 'localhost') })
    expect(await caughtAuthError(refused(url))).toMatchObject({
      code: 'ERR_NETWORK_TLS',
      summary: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
    })
  })

  it('are verified behind it: an unknown authority', async () => {
    const { environment, proxy } = await createLab()
    const fetch = await createTransport({ ...environment, CODEX_CA_CERTIFICATE: '' })
    const error = await caughtAuthError(fetch(url))
    expect(error.code).toBe('ERR_NETWORK_TLS')
    const [reason = '', ...rest] = error.summary.split(', through ')
    // Newer Nodes have a piece of advice behind it.
    expect(reason).toMatch(
      /^service\.example\.test could not be reached \(unable to verify the first certificate.* \[UNABLE_TO_VERIFY_LEAF_SIGNATURE\]\)$/,
    )
    expect(rest).toEqual([`the proxy ${proxy.host} (HTTPS_PROXY).`])
  })

  it('are verified behind it: another host', async () => {
    const { environment, proxy } = await createLab({ certified: 'other.example.test' })
    const error = await caughtAuthError((await createTransport(environment))(url))
    expect(error).toMatchObject({ code: 'ERR_NETWORK_TLS', advice: expect.stringContaining('in its name') })
    expect(error.summary).toContain('other.example.test')
    expect(proxy.targets).toEqual([`${host}:443`])
  })
})

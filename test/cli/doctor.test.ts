import { chmod, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { examinePorts } from '../../src/cli/doctor/port-check.js'
import { isSupported, optionalPackages } from '../../src/cli/doctor/versions-check.js'
import { createFileStore } from '../../src/stores/index.js'
import { createEmulator } from '../../src/testing/index.js'
import { readJson } from '../packaging/manifest.js'
import { withCliLab, type CliLab } from '../support/cli-lab.js'
import { temporaryFolder } from '../support/temporary-folder.js'

interface Finding {
  readonly name: string
  readonly state: 'ok' | 'warn' | 'fail'
  readonly summary: string
  readonly advice: string | null
  readonly code: string | null
}

/** What the doctor finds, by name. */
async function examine(lab: CliLab, environment: Readonly<Record<string, string>> = {}) {
  const { exitCode, stdout, stderr } = await lab.run(['doctor', '--json'], { environment })
  expect(stderr).toBe('')
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] }
  expect(ok).toBe(exitCode === 0)
  const find = (name: string) => findings.find((finding) => finding.name === name)
  return { exitCode, findings, find, stdout }
}

const onUnix = process.platform !== 'win32'

describe('planpass doctor', () => {
  it.runIf(onUnix)('says nothing of a folder that is the Codex CLI’s', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const codexHome = join(lab.home, '.codex-cli')
      await mkdir(codexHome, { mode: 0o755 })
      await rename(lab.authFile, join(codexHome, 'auth.json'))
      await writeFile(join(lab.home, 'default/storage.json'), JSON.stringify({ storage: 'codex', codexHome }))
      const { find } = await examine(lab)
      expect(find('store')?.summary).toBe(`Profile \`default\`, codex store at ${join(codexHome, 'auth.json')}.`)
      expect(find('modes')).toMatchObject({ state: 'ok', summary: `${join(codexHome, 'auth.json')} is 0600.` })
    })
  })

  it('tells how a sign-in would go here, and which signal said so', async () => {
    await withCliLab({}, async (lab) => {
      const { find } = await examine(lab, { SSH_TTY: '/dev/pts/7' })
      expect(find('place')?.summary).toBe(
        'This is an SSH session (SSH_TTY is set): a sign-in begins with a code for another device.',
      )
      const inCi = await examine(lab, { CI: 'true' })
      expect(inCi.find('place')?.summary).toBe('This is a CI job (CI is set): nobody is asked to sign in.')
    })
  })

  it('finds nothing wrong with a good sign-in', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const { exitCode, findings, find } = await examine(lab)
      expect(exitCode).toBe(0)
      // Whether somebody holds port 1455 is for the machine to say.
      const states = findings.map(({ name, state }) => [name, name === 'ports' ? 'ok' : state])
      expect(states).toEqual(
        [
          'versions',
          'store',
          'modes',
          'account',
          'journal',
          'server',
          'clock',
          'proxy',
          'authorities',
          'place',
          'ports',
          'other tools',
        ].map((name) => [name, 'ok']),
      )
      expect(find('store')?.summary).toContain(lab.authFile)
      expect(find('account')?.summary).toContain('ada@example.test (plus), workspace account-emulated-1; valid')
      expect(find('server')?.summary).toContain(lab.issuer)
    })
  })

  it('makes one request, which names nobody and spends nothing', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      await lab.clock.sleep(61 * 60_000)
      lab.emulator.clearLog()
      const before = [await readFile(lab.authFile, 'utf8'), (await stat(lab.authFile)).mtimeMs]
      const { exitCode, find } = await examine(lab)
      expect(exitCode).toBe(0)
      expect(find('account')?.summary).toContain('refreshable')
      expect(lab.emulator.log).toMatchObject([{ endpoint: 'discovery', method: 'GET' }])
      expect(lab.emulator.log[0]?.headers['authorization']).toBeUndefined()
      expect([await readFile(lab.authFile, 'utf8'), (await stat(lab.authFile)).mtimeMs]).toEqual(before)
    })
  })

  it('advises to sign in where nobody is', async () => {
    await withCliLab({}, async (lab) => {
      const { exitCode, find } = await examine(lab)
      expect(exitCode).toBe(0)
      expect(find('account')).toMatchObject({ state: 'warn', advice: 'Run `planpass login`.' })
    })
  })

  it('fits into a terminal of 80 columns, with colours and an advice under what it is about', async () => {
    await withCliLab({}, async (lab) => {
      const environment = { NODE_TLS_REJECT_UNAUTHORIZED: '0' }
      const { stdout, stderr } = await lab.run(['doctor'], { columns: 80, environment })
      expect(stdout.startsWith('\u001b[32mok  \u001b[39m  versions     planpass ')).toBe(true)
      expect(stdout).toContain('\u001b[33mwarn\u001b[39m  account      Nobody is signed in.\n')
      const advice = stdout.split('\n').findIndex((line) => line.includes('Run `planpass login`.'))
      expect(stdout.split('\n')[advice - 1]).toContain('Nobody is signed in.')
      expect(stderr).toMatch(/^Nothing is wrong; \w+ things are worth a look\.\n$/)
      const plain = (await lab.run(['doctor'])).stdout
      expect(plain.split('\n').filter((line) => line.length > 80 && !line.includes(lab.home))).toEqual([])
      expect(plain).not.toContain('\u001b')
    })
  })
})

describe('planpass doctor on the network', () => {
  it('takes being offline for a finding, not for a failure', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const { exitCode, find } = await examine(lab, { PLANPASS_ISSUER: 'http://127.0.0.1:9' })
      expect(exitCode).toBe(0)
      expect(find('server')).toMatchObject({ state: 'warn', summary: expect.stringContaining('127.0.0.1:9') })
      expect(find('clock')).toMatchObject({ state: 'warn' })
      expect(find('account')).toMatchObject({ state: 'ok' })
    })
  })

  it.each([
    [3 * 60_000, 'This machine is 3 minutes behind the server.'],
    [-2 * 3_600_000, 'This machine is 2 hours ahead of the server.'],
  ])('tells a clock that is off by %i milliseconds', async (clockOffsetMs, summary) => {
    await withCliLab({}, async (lab) => {
      lab.emulator.faults.add({ endpoint: 'discovery', clockOffsetMs })
      expect((await examine(lab)).find('clock')).toMatchObject({ state: 'warn', summary })
    })
  })

  it('sees that a page answers for the server', async () => {
    await withCliLab({}, async (lab) => {
      lab.emulator.faults.add({ endpoint: 'discovery', status: 403, html: '<title>Portal</title>' })
      const { exitCode, find } = await examine(lab)
      expect(exitCode).toBe(0)
      expect(find('server')).toMatchObject({ state: 'warn', summary: expect.stringContaining('status 403') })
    })
  })

  it('fails with 5 when the certificate is not trusted', async () => {
    const listener = await createEmulator().listen({ tls: true })
    onTestFinished(() => listener.close())
    await withCliLab({}, async (lab) => {
      const { exitCode, find } = await examine(lab, { PLANPASS_ISSUER: listener.tls?.issuer ?? '' })
      expect(exitCode).toBe(5)
      expect(find('server')).toMatchObject({ state: 'fail', code: 'ERR_NETWORK_TLS' })
    })
  })

  it('names the proxy on the way to each host, with its variable, and never its password', async () => {
    await withCliLab({}, async (lab) => {
      const environment = {
        HTTPS_PROXY: 'http://ada:proxy-password@proxy.example:3128',
        NO_PROXY: '.backend.test',
        PLANPASS_ISSUER: 'https://issuer.test',
      }
      const differing = await examine(lab, { ...environment, PLANPASS_BACKEND_URL: 'https://api.backend.test' })
      expect(differing.find('proxy')).toMatchObject({
        state: 'ok',
        summary:
          'To issuer.test through proxy.example:3128, which HTTPS_PROXY names. ' +
          'To api.backend.test directly: NO_PROXY has .backend.test.',
      })
      expect(differing.find('server')).toMatchObject({ state: 'warn', advice: expect.stringContaining('HTTPS_PROXY') })
      expect(differing.stdout).not.toContain('proxy-password')
      const { find } = await examine(lab, { HTTPS_PROXY: 'http://proxy.example:3128' })
      expect(find('proxy')?.summary).toMatch(/^To 127\.0\.0\.1:\d+ directly: loopback never goes through a proxy\.$/)
      expect((await examine(lab, { PLANPASS_ISSUER: 'https://issuer.test' })).find('proxy')?.summary).toContain(
        'To issuer.test directly: no variable names a proxy for https.',
      )
    })
  })

  it('warns when other programs verify nothing, which changes nothing here', async () => {
    const listener = await createEmulator().listen({ tls: true })
    onTestFinished(() => listener.close())
    await withCliLab({}, async (lab) => {
      const environment = { NODE_TLS_REJECT_UNAUTHORIZED: '0', PLANPASS_ISSUER: listener.tls?.issuer ?? '' }
      const { exitCode, find } = await examine(lab, environment)
      expect(find('authorities')).toMatchObject({
        state: 'warn',
        summary: expect.stringContaining('=0 changes nothing'),
      })
      expect(find('server')).toMatchObject({ state: 'fail', code: 'ERR_NETWORK_TLS' })
      expect(exitCode).toBe(5)
    })
  })

  it('says which authorities are trusted, and which variable said so', async () => {
    const caFile = join(await temporaryFolder(), 'ca.pem')
    const listener = await createEmulator().listen({ tls: true })
    onTestFinished(() => listener.close())
    await writeFile(caFile, listener.tls?.caPem ?? '')
    await withCliLab({}, async (lab) => {
      const environment = {
        CODEX_CA_CERTIFICATE: caFile,
        SSL_CERT_FILE: '/nowhere',
        PLANPASS_ISSUER: listener.tls?.issuer ?? '',
      }
      const { exitCode, find } = await examine(lab, environment)
      expect(exitCode).toBe(0)
      expect(find('authorities')?.summary).toContain(`1 from ${caFile}, which CODEX_CA_CERTIFICATE names`)
      expect(find('server')).toMatchObject({ state: 'ok' })
    })
  })

  it.each([
    ['2, when the bundle cannot be read', { SSL_CERT_FILE: '/nowhere/ca.pem' }, 2, 'ERR_CONFIG_CA_BUNDLE'],
    ['2, when the proxy cannot be used', { ALL_PROXY: 'socks5://ada:proxy-password@127.0.0.1' }, 2, 'ERR_CONFIG_PROXY'],
  ])('fails with %s', async (_, environment, exitCode, code) => {
    await withCliLab({}, async (lab) => {
      const found = await examine(lab, { ...environment, PLANPASS_BACKEND_URL: 'https://backend.test' })
      expect(found.findings).toContainEqual(expect.objectContaining({ state: 'fail', code }))
      expect(found.stdout).not.toContain('proxy-password')
      expect(found.findings.find(({ state }) => state === 'fail')?.code).toBe(code)
      expect(found.exitCode).toBe(exitCode)
    })
  })
})

describe('planpass doctor on the store', () => {
  it('fails with 3 when the sign-in is dead', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      lab.emulator.expireRefreshTokens()
      await lab.run(['refresh'])
      expect((await examine(lab)).find('account')).toMatchObject({ state: 'warn' })
      await lab.clock.sleep(61 * 60_000)
      const { exitCode, find } = await examine(lab)
      expect(exitCode).toBe(3)
      expect(find('account')).toMatchObject({ state: 'fail', code: 'ERR_TOKEN_REFRESH_EXPIRED' })
    })
  })

  it('fails with 4 when it is damaged, once', async () => {
    await withCliLab({}, async (lab) => {
      await mkdir(join(lab.home, 'default'), { mode: 0o700 })
      await writeFile(lab.authFile, '{', { mode: 0o600 })
      const { exitCode, findings } = await examine(lab)
      expect(exitCode).toBe(4)
      const failed = findings.filter(({ state }) => state === 'fail')
      expect(failed).toMatchObject([{ name: 'store', code: 'ERR_STORE_CORRUPT' }])
    })
  })

  it('shows a credential of another kind', async () => {
    await withCliLab({}, async (lab) => {
      await mkdir(join(lab.home, 'default'), { mode: 0o700 })
      await writeFile(lab.authFile, '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-not-shown"}', { mode: 0o600 })
      const { find, stdout } = await examine(lab)
      expect(find('account')).toMatchObject({ state: 'warn', summary: expect.stringContaining('apikey') })
      expect(stdout).not.toContain('sk-not-shown')
    })
  })

  it.runIf(onUnix)('fails with 4 when others can read the file, and warns when they can see the folder', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      await chmod(join(lab.home, 'default'), 0o755)
      const seen = await examine(lab)
      expect(seen.exitCode).toBe(0)
      expect(seen.find('modes')).toMatchObject({ state: 'warn', summary: expect.stringContaining('0755') })
      await chmod(lab.authFile, 0o644)
      const read = await examine(lab)
      expect(read.exitCode).toBe(4)
      expect(read.find('modes')).toMatchObject({
        code: 'ERR_STORE_UNSAFE',
        advice: expect.stringContaining('chmod 600'),
      })
    })
  })

  it('tells of a refresh whose end nobody wrote down', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const intent = { tokenFingerprint: '0123456789abcdef', reason: 'forced', atMs: lab.clock.now() }
      const cutOff = createFileStore(lab.authFile).update(async (_, context) => {
        await context.announce(intent)
        throw new Error('cut off')
      })
      await expect(cutOff).rejects.toThrow('cut off')
      const { find } = await examine(lab)
      expect(find('journal')).toMatchObject({ state: 'warn', summary: expect.stringContaining('(forced)') })
      expect(find('journal')?.summary).toContain(`process ${process.pid}`)
    })
  })

  it.runIf(onUnix)("names other tools' sign-ins, and looks into none", async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'auth.json')
    await writeFile(path, 'rt_not-to-be-shown', { mode: 0o600 })
    await withCliLab({}, async (lab) => {
      const tidy = await examine(lab, { CODEX_HOME: folder })
      expect(tidy.find('other tools')).toMatchObject({ state: 'ok', summary: `Left alone: ${path} (0600).` })
      await chmod(path, 0o644)
      const open = await examine(lab, { CHATGPT_LOCAL_HOME: folder })
      expect(open.find('other tools')).toMatchObject({ state: 'warn', summary: `Left alone: ${path} (0644).` })
      expect(tidy.stdout + open.stdout).not.toContain('not-to-be-shown')
    })
  })
})

describe('the ports of a browser sign-in', () => {
  it('are held by whoever listens there, by name where the system tells', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const verdict = await examinePorts([port])
    expect(verdict).toMatchObject({ state: 'warn', advice: expect.stringContaining('--device') })
    expect(verdict.summary).toMatch(
      process.platform === 'linux'
        ? new RegExp(`^${port} is held by .+ \\(process ${process.pid}\\)\\.$`)
        : `${port} is held by another program.`,
    )
  })

  it('are free when nobody does, and stay free', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    expect(await examinePorts([port])).toEqual({ state: 'ok', summary: `${port} is free.` })
    expect(await examinePorts([port])).toEqual({ state: 'ok', summary: `${port} is free.` })
  })
})

describe('the versions', () => {
  it.each([
    ['v20.19.0', true],
    ['v20.18.9', false],
    ['v22.0.0', true],
    ['v18.20.0', false],
  ])('are compared by number: %s', (version, expected) => expect(isSupported(version)).toBe(expected))

  it('include every optional package of the manifest, those aside that an adapter adapts to', async () => {
    const manifest = await readJson<{ peerDependencies: object }>('package.json')
    const adapted = ['@ai-sdk/openai', 'ai', 'openai', 'pg', 'postgres']
    const ofCommands = Object.keys(manifest.peerDependencies).filter((name) => !adapted.includes(name))
    expect(optionalPackages).toEqual(ofCommands.toSorted())
  })
})

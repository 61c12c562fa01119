import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Agent, fetch as fetchWith } from 'undici'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/core/index.js'
import { createCertificateAuthority } from '../../src/testing/certificate-authority.js'
import { parseLines, withCliLab, type CliLab } from '../support/cli-lab.js'
import { expectFailure } from '../support/expect-failure.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const authority = createCertificateAuthority()
/** A file that holds no certificate. */
const self = import.meta.filename

/** A certificate and its key, as files. */
async function plantCertificate(hosts: readonly string[]): Promise<string[]> {
  const folder = await temporaryFolder()
  const { cert, key } = authority.issue(hosts)
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  await Promise.all([writeFile(certFile, cert), writeFile(keyFile, key, { mode: 0o600 })])
  return ['--tls-cert', certFile, '--tls-key', keyFile]
}

async function startRemote({ startProcess }: CliLab, ...args: string[]) {
  const child = startProcess(['serve', '--json', '--port', '0', '--address', '0.0.0.0', '--allow-remote', ...args])
  await child.waitForOutput(/"console".*\n/)
  const [{ url, key }] = parseLines(child.printed.stdout) as unknown as [Record<'url' | 'key', string>]
  return { child, url, key }
}

describe('planpass serve for other machines', () => {
  it('answers a program that trusts its certificate, and hands out links to its console', async () => {
    await withCliLab({ clock: systemClock }, async (lab) => {
      const { url, key } = await startRemote(lab, ...(await plantCertificate(['127.0.0.1'])))
      expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/v1$/)
      const dispatcher = new Agent({ connect: { ca: authority.caPem } })
      onTestFinished(() => dispatcher.destroy())
      const status = async (authorization: string) =>
        (await fetchWith(new URL('/metrics', url), { dispatcher, headers: { authorization } })).status
      expect([await status(''), await status(`Bearer ${key}`)]).toEqual([401, 200])
      const { stdout } = await lab.run(['serve', 'link'])
      expect(stdout).toMatch(new RegExp(`^${new URL(url).origin}/enter#[\\w-]{43}\n$`))
    })
  })

  it('names itself as it was told to, and is found by this machine all the same', async () => {
    await withCliLab({ clock: systemClock }, async (lab) => {
      const tls = await plantCertificate(['box.example'])
      const { child, url } = await startRemote(lab, ...tls, '--allow-host', 'box.example:8443')
      expect(url).toBe('https://box.example:8443/v1')
      expect((await lab.run(['serve', 'link'])).stdout).toMatch(/^https:\/\/box\.example:8443\/enter#/)
      const [note = ''] = (await readdir(join(lab.home, '.gateway'))).filter((name) => name.startsWith('serve-'))
      expect(await readFile(join(lab.home, '.gateway', note), 'utf8')).not.toContain('PRIVATE KEY')
      child.stop('SIGTERM')
      expect(await child.finished).toMatchObject({ exitCode: 0, stderr: '' })
    })
  })

  it.each([
    ['a certificate without its key', ['--tls-cert', 'cert.pem'], 'ERR_CONFIG_USAGE', 'go together'],
    ['a key without its certificate', ['--tls-key', 'key.pem'], 'ERR_CONFIG_USAGE', 'go together'],
    ['files that are not there', ['--tls-cert', 'no.pem', '--tls-key', 'no.pem'], 'ERR_CONFIG_USAGE', 'cannot be read'],
    ['files that hold none', ['--tls-cert', self, '--tls-key', self], 'ERR_CONFIG_LISTEN', 'PEM'],
    ['a URL for a host', ['--allow-host', 'https://box.example'], 'ERR_CONFIG_USAGE', '--allow-host'],
    ['a path after a host', ['--allow-host', 'box.example/path'], 'ERR_CONFIG_USAGE', '--allow-host'],
    ['a path after an origin', ['--allow-origin', 'https://app.example/'], 'ERR_CONFIG_USAGE', '--allow-origin'],
    ['any origin at all', ['--allow-origin', '*'], 'ERR_CONFIG_USAGE', '--allow-origin'],
  ] as const)('does not start with %s', async (_name, args, code, words) => {
    await withCliLab({}, async (lab) => {
      const result = await lab.run(['serve', '--port', '0', ...args])
      expectFailure(result, 2, code)
      expect(result.stderr).toContain(words)
    })
  })
})

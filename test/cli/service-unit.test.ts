import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toSystemdUnit } from '../../src/cli/serve/service-unit.js'
import { withCliLab } from '../support/cli-lab.js'
import { expectFailure } from '../support/expect-failure.js'

describe('planpass serve install', () => {
  it('prints the gateway that was meant, found from any folder, without a key of its own', async () => {
    await withCliLab({}, async ({ run, home }) => {
      const more = ['--profile', 'work', '--allow-host', 'box.example:9000', '--allow-origin', 'https://app.example']
      const { exitCode, stdout, stderr } = await run([
        'serve',
        'install',
        '--port',
        '9000',
        '--log',
        'requests',
        ...more,
      ])
      expect(exitCode).toBe(0)
      const [, command = ''] = /^ExecStart=\S+ \S+ serve (.*)$/m.exec(stdout) ?? []
      expect(command.split(' ')).toEqual([
        '--stored-keys',
        '--port',
        '9000',
        '--log',
        join(process.cwd(), 'requests'),
        ...more,
      ])
      expect(stdout).toContain(`\nEnvironment=PLANPASS_HOME=${home}\n`)
      expect(stderr).toContain('planpass keys add')
    })
  })

  it('keeps the way to the network, but no password of a proxy', async () => {
    const environment = {
      HTTPS_PROXY: 'http://user:canary@proxy.example:3128',
      NO_PROXY: '127.0.0.1',
      SSL_CERT_FILE: 'ca.pem',
    }
    await withCliLab({}, async ({ run }) => {
      const { stdout, stderr } = await run(['serve', 'install'], { environment })
      expect(stdout).toContain('\nEnvironment=NO_PROXY=127.0.0.1\n')
      expect(stdout).toContain(`\nEnvironment=SSL_CERT_FILE=${join(process.cwd(), 'ca.pem')}\n`)
      expect(stdout + stderr).not.toContain('canary')
      expect(stderr).toContain('HTTPS_PROXY holds a password and was left out.\n')
    })
  })

  it('prints nothing that would not start', async () => {
    await withCliLab({}, async ({ run }) => {
      for (const wrong of [
        ['--port', 'x'],
        ['--tls-cert', 'cert.pem'],
        ['--allow-host', 'https://box.example'],
      ]) {
        expectFailure(await run(['serve', 'install', ...wrong]), 2, 'ERR_CONFIG_USAGE')
      }
    })
  })

  it('doubles a dollar sign where systemd would take it for a variable, and nowhere else', () => {
    const unit = toSystemdUnit({
      command: ['/opt/a$b/node', 'c$d'],
      environment: { PLANPASS_HOME: '/home/e$f' },
      logFile: '/tmp/log',
      leftOut: [],
    })
    expect(unit).toContain('ExecStart="/opt/a$b/node" "c$$d"\n')
    expect(unit).toContain('Environment="PLANPASS_HOME=/home/e$f"\n')
  })
})

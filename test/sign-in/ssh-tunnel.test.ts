import { describe, expect, it } from 'vitest'
import { toSshTunnel } from '../../src/sign-in/ssh-tunnel.js'

const ada = { USER: 'ada', SSH_TTY: '/dev/pts/0' }
const connection = (server: string) => ({ ...ada, SSH_CONNECTION: `198.51.100.7 50123 ${server}` })

describe('the tunnel back to a sign-in', () => {
  it.each([1455, 1457, 40_000])('leads from and to port %i', (port) => {
    const command = toSshTunnel(port, connection('192.0.2.9 22'))
    expect(command).toBe(`ssh -L ${port}:127.0.0.1:${port} ada@192.0.2.9`)
  })

  it.each([
    ['the port of the server', connection('192.0.2.9 2222'), '-p 2222 -L 1455:127.0.0.1:1455 ada@192.0.2.9'],
    ['an IPv6 address', connection('2001:db8::9 22'), '-L 1455:127.0.0.1:1455 ada@2001:db8::9'],
    ['IPv4 inside IPv6', connection('::ffff:192.0.2.9 22'), '-L 1455:127.0.0.1:1455 ada@192.0.2.9'],
    [
      'a link-local address, which means nothing elsewhere',
      connection('fe80::1%eth0 22'),
      '-L 1455:127.0.0.1:1455 ada@HOST',
    ],
    ['another spelling of the user', { LOGNAME: 'grace', SSH_TTY: '/dev/pts/0' }, '-L 1455:127.0.0.1:1455 grace@HOST'],
    [
      'the user on Windows',
      { USERNAME: 'Grace', SSH_CLIENT: '198.51.100.7 50123 22' },
      '-L 1455:127.0.0.1:1455 Grace@HOST',
    ],
    [
      'a user of a domain, who is more than a word',
      { USER: 'CORP\\ada', SSH_TTY: '/dev/pts/0' },
      '-L 1455:127.0.0.1:1455 USER@HOST',
    ],
    ['nothing but that it is SSH', { SSH_TTY: '/dev/pts/0' }, '-L 1455:127.0.0.1:1455 USER@HOST'],
    ['half a connection', { ...ada, SSH_CONNECTION: '198.51.100.7 50123' }, '-L 1455:127.0.0.1:1455 ada@HOST'],
    ['a blank connection', { ...ada, SSH_CONNECTION: ' ' }, '-L 1455:127.0.0.1:1455 ada@HOST'],
  ])('knows %s', (_, variables, rest) => {
    expect(toSshTunnel(1455, variables)).toBe(`ssh ${rest}`)
  })

  it('is none where nobody came over SSH', () => {
    expect(toSshTunnel(1455, { USER: 'ada' })).toBeUndefined()
    expect(toSshTunnel(1455, { USER: 'ada', SSH_CONNECTION: ' ' })).toBeUndefined()
  })

  it.each(['$(id)', 'a;id', 'a b', '-oProxyCommand=id', '`id`', "a'b", 'a\nb', ''])(
    'puts nothing before a person that their shell would run: %j',
    (hostile) => {
      const command = toSshTunnel(1455, { USER: hostile, SSH_CONNECTION: `1 2 ${hostile} ${hostile}` })
      expect(command).toMatch(/^ssh -L 1455:127\.0\.0\.1:1455 USER@(HOST|a|b)$/)
    },
  )
})

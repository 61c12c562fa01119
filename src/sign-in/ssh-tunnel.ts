import type { Variables } from './environment-facts.js'
import { traitsOf } from './environment-signals.js'

/** What a person fills in themselves. A shell would take angle brackets for a redirection. */
const unknownUser = 'USER'
const unknownHost = 'HOST'

/**
 * The command a person runs on their own machine, so that a browser there reaches the sign-in that waits here. What is not known, or would be
 * more than a word to a shell, is written in capitals.
 *
 * @param port where the callback is waited for
 * @returns `undefined` when this machine was not reached over SSH
 * @example
 * toSshTunnel(1455, process.env) // 'ssh -L 1455:127.0.0.1:1455 ada@192.0.2.9'
 */
export function toSshTunnel(port: number, variables: Variables): string | undefined {
  if (!traitsOf({ platform: '', variables }).has('ssh')) return undefined
  const [, , address, serverPort = '22'] = variables['SSH_CONNECTION']?.trim().split(/\s+/) ?? []
  const user = [variables['USER'], variables['LOGNAME'], variables['USERNAME']].find(isUser) ?? unknownUser
  const otherPort = /^\d{1,5}$/.test(serverPort) && serverPort !== '22' ? [`-p ${serverPort}`] : []
  return ['ssh', ...otherPort, `-L ${port}:127.0.0.1:${port}`, `${user}@${toHost(address)}`].join(' ')
}

/** The address the person's machine connected to. One with a `%` names a network card of this machine, and says nothing there. */
function toHost(address: string = ''): string {
  // IPv4 on a socket for both.
  const host = address.replace(/^::ffff:(?=\d+\.)/i, '')
  return /^[a-z\d:][\w.:-]*$/i.test(host) ? host : unknownHost
}

function isUser(name: string | undefined): name is string {
  return name !== undefined && /^[a-z_][\w.-]*$/i.test(name)
}

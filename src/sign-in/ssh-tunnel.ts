import type { Variables } from './environment-facts.js'

/** What is known of the way back from a person's own machine to this one. */
export interface SshTunnelFacts {
  readonly variables: Variables
  /** Where the browser's callback is waited for: 1455 or 1457, unless another was chosen. */
  readonly port: number
  /** This machine's own name, for when it was not reached over SSH. */
  readonly hostname?: string | undefined
}

/** What a person fills in themselves. A shell would take angle brackets for a redirection. */
const unknownUser = 'USER'
const unknownHost = 'HOST'

/**
 * The command a person runs on their own machine, so that a browser there reaches the sign-in that waits here. What is not known, or would be
 * more than a word to a shell, is written in capitals.
 *
 * @example
 * sshTunnelCommand({ variables: process.env, port: 1455 }) // 'ssh -L 1455:127.0.0.1:1455 ada@192.0.2.9'
 */
export function sshTunnelCommand({ variables, port, hostname }: SshTunnelFacts): string {
  const [, , address, serverPort] = variables['SSH_CONNECTION']?.trim().split(/\s+/) ?? []
  const user = [variables['USER'], variables['LOGNAME'], variables['USERNAME']].find(isUser) ?? unknownUser
  const host = [toHost(address), hostname].find(isHost) ?? unknownHost
  const otherPort = serverPort && /^\d{1,5}$/.test(serverPort) && serverPort !== '22' ? [`-p ${serverPort}`] : []
  return ['ssh', ...otherPort, `-L ${port}:127.0.0.1:${port}`, `${user}@${host}`].join(' ')
}

/** The address the person's machine connected to, as it calls it; a link-local one names a network card of this machine. */
function toHost(address: string | undefined): string | undefined {
  if (address?.includes('%')) return undefined
  // IPv4 on a socket for both.
  return address?.replace(/^::ffff:(?=\d+\.)/i, '')
}

function isUser(name: string | undefined): name is string {
  return name !== undefined && /^[a-z_][\w.-]*$/i.test(name)
}

function isHost(name: string | undefined): name is string {
  return name !== undefined && /^[a-z\d:][\w.:-]*$/i.test(name) && name !== 'localhost'
}

import { BlockList, isIP } from 'node:net'
import { AuthError } from '../core/index.js'
import type { ListenOptions } from './listen-gateway.js'

/** @throws AuthError `ERR_CONFIG_LISTEN` for an address that other machines reach, unless that is meant and safe */
export function refuseExposure({ address = '127.0.0.1', allowRemote = false, tls }: ListenOptions): void {
  if (isLoopbackAddress(address)) return
  if (!allowRemote) {
    throw new AuthError('ERR_CONFIG_LISTEN', `${address} can be reached from other machines.`, {
      advice: 'Leave the address out, or say that this is meant (--allow-remote).',
    })
  }
  if (!tls) {
    throw new AuthError('ERR_CONFIG_LISTEN', `On ${address} keys would cross the network in the clear.`, {
      advice: 'Bring a certificate and its key (--tls-cert, --tls-key).',
    })
  }
}

/** Where a server listens. */
interface Place {
  readonly address: string
  readonly port: number
  readonly isTls: boolean
}

/** For clients, and for this machine. `0.0.0.0` is no place to ask: it stands for all of them, and the first of `hosts` is the name that leads there. */
export function toOrigins({ address, port, isTls }: Place, [name]: readonly string[] = []) {
  const scheme = isTls ? 'https' : 'http'
  const loopbackAddress = loopbackOf[address]
  const localOrigin = `${scheme}://${toHost(loopbackAddress ?? address)}:${port}`
  const isNamed = loopbackAddress !== undefined && name !== undefined
  return { localOrigin, origin: isNamed ? `${scheme}://${name}` : localOrigin }
}

/** The addresses that stand for every address of a machine. */
const loopbackOf: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

function isLoopbackAddress(address: string): boolean {
  const family = isIP(address)
  return family === 0 ? address === 'localhost' : loopback.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

function toHost(address: string): string {
  return isIP(address) === 6 ? `[${address}]` : address
}

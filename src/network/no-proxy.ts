import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'

/** Where a request goes, as the entries of `NO_PROXY` see it: a host without brackets or a last dot, and the port that is really used. */
interface Target {
  readonly host: string
  readonly port: number
}

type Matches = (target: Target) => boolean

/** An address itself, or one of a range. */
const addressBlock = /^\[?([^\]/]+)\]?(?:\/(\d{1,3}))?$/

const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/

const hostAndPort = /^([^:]+)(?::(\d{1,5}))?$/

/** 127.0.0.0/8 in the clothes of IPv6 (RFC 4291 2.5.5.2), as the URL parser writes it. */
const mappedLoopback = /^::ffff:7f[\da-f]{2}:/

/** Never to be asked of a proxy, which would look for it on its own machine. */
export function isOnLoopback(url: URL): boolean {
  const { host } = toTarget(url)
  if (isIPv4(host)) return host.startsWith('127.')
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || mappedLoopback.test(host)
}

/**
 * The entry of a `NO_PROXY` list that a URL falls under. There is no standard; this is curl's reading and what others add to it: entries are
 * divided by commas or blanks; `*` is everything; a name stands for itself and all below it, with or without a leading `.` or `*.`; an address
 * or a range of addresses (`10.0.0.0/8`, `fd00::/8`) is compared as such and no name is looked up for it; `:port` after a name or an address
 * narrows it to that port. What makes no sense matches nothing.
 */
export function findNoProxyEntry(list: string, url: URL): string | undefined {
  const target = toTarget(url)
  return list.split(/[\s,]+/).find((entry) => parseEntry(entry)?.(target))
}

function toTarget({ hostname, port, protocol }: URL): Target {
  const host = hostname.replaceAll(/^\[|\]$|\.$/g, '').toLowerCase()
  return { host, port: Number(port) || (protocol === 'https:' ? 443 : 80) }
}

function parseEntry(entry: string): Matches | undefined {
  if (entry === '*') return () => true
  const [, address = '', prefix] = addressBlock.exec(entry) ?? []
  if (isAddress(address)) return matchAddresses(address, prefix)
  const [, host = '', port] = bracketed.exec(entry) ?? hostAndPort.exec(entry) ?? []
  const matches = isAddress(host) ? matchAddresses(host, undefined) : matchName(host)
  if (!matches || port === undefined) return matches
  return (target) => target.port === Number(port) && matches(target)
}

/** With a zone (`fe80::1%eth0`) it is one interface's, which no URL can name. */
function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%')
}

function matchAddresses(address: string, prefix: string | undefined): Matches | undefined {
  const widest = isIPv6(address) ? 128 : 32
  const bits = Number(prefix ?? widest)
  if (bits > widest) return undefined
  const block = new BlockList()
  block.addSubnet(address, bits, familyOf(address))
  return ({ host }) => isIP(host) !== 0 && block.check(host, familyOf(host))
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4'
}

function matchName(text: string): Matches | undefined {
  const name = domainToASCII(text.replace(/^\*?\./, '').replace(/\.$/, ''))
  if (name === '') return undefined
  return ({ host }) => isIP(host) === 0 && (host === name || host.endsWith(`.${name}`))
}

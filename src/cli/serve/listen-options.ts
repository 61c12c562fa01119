import { readFile } from 'node:fs/promises'
import { AuthError } from '../../core/index.js'
import type { GatewayOptions, ListenOptions } from '../../gateway/index.js'
import type { CommandOptions } from '../command.js'
import { readPort } from '../read-port.js'
import { defaultPort } from './default-port.js'

/** Where the gateway is to listen. @throws AuthError `ERR_CONFIG_USAGE` */
export async function readListenOptions(options: CommandOptions): Promise<ListenOptions> {
  const tls = await readTls(options.text('tls-cert'), options.text('tls-key'))
  return {
    port: readPort(options.text('port') ?? defaultPort),
    address: options.text('address'),
    allowRemote: options.isSet('allow-remote'),
    tls,
  }
}

/** Half of it would leave the person with less than they think they have. */
async function readTls(certFile: string | undefined, keyFile: string | undefined): Promise<ListenOptions['tls']> {
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile === undefined || keyFile === undefined)
    throw new AuthError('ERR_CONFIG_USAGE', '--tls-cert and --tls-key go together.')
  const [cert, key] = await Promise.all([certFile, keyFile].map(readPem))
  return { cert: cert ?? '', key: key ?? '' }
}

async function readPem(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new AuthError('ERR_CONFIG_USAGE', `${path} cannot be read.`, { cause: error })
  })
}

/** Who may ask beside programs of this machine. @throws AuthError `ERR_CONFIG_USAGE` for what no browser would ever send */
export function readGuests(
  options: CommandOptions,
  { tls }: ListenOptions,
): Pick<GatewayOptions, 'hosts' | 'allowedOrigins'> {
  const scheme = tls ? 'https' : 'http'
  return {
    hosts: readList(options.text('allow-host')).map((name) => readHost(name, scheme)),
    allowedOrigins: readList(options.text('allow-origin')).map(readOrigin),
  }
}

function readList(text: string | undefined): string[] {
  return text?.split(',').filter(Boolean) ?? []
}

function readHost(name: string, scheme: string): string {
  const url = readUrl(`${scheme}://${name}`)
  if (url?.href === `${url?.origin}/`) return url.host
  throw new AuthError('ERR_CONFIG_USAGE', `--allow-host takes names such as \`box.example:8787\`, not \`${name}\`.`)
}

/** Of schemes that are not of the web, an address alone says what its origin is. */
function readOrigin(origin: string): string {
  const known = readUrl(origin)?.origin
  if (known === origin || (known === 'null' && /^[a-z][a-z\d+.-]*:\/\/[^\s/?#]+$/.test(origin))) return origin
  throw new AuthError(
    'ERR_CONFIG_USAGE',
    `--allow-origin takes origins such as \`https://app.example\`, not \`${origin}\`.`,
  )
}

function readUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

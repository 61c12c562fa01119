import { request as askPlainly, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as askOverTls } from 'node:https'
import { text } from 'node:stream/consumers'
import { AuthError, parseJsonObject, readString } from '../../core/index.js'
import type { Instance } from './instance.js'

/** A new link to the console. @throws AuthError `ERR_CONFIG_LISTEN` when the gateway gives none */
export async function askForLink(instance: Instance, signal: AbortSignal): Promise<string> {
  const answer = await ask(instance, signal).catch((cause: unknown) => {
    throw noLink(cause)
  })
  const link = readString(parseJsonObject(answer), 'link')
  if (link === undefined) throw noLink()
  return link
}

async function ask({ origin, controlKey, ...instance }: Instance, signal: AbortSignal): Promise<string> {
  // The names that lead to it from elsewhere need not lead there from here.
  const headers = { host: new URL(origin).host, authorization: `Bearer ${controlKey.reveal()}` }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    open(instance, { method: 'POST', headers, signal }).on('response', resolve).on('error', reject).end()
  })
  return text(response)
}

/** Under TLS the very certificate is known that it has to show: who vouches for it, and for which names, does not matter. */
function open(
  { localOrigin, certificate }: Omit<Instance, 'origin' | 'controlKey'>,
  options: RequestOptions,
): ClientRequest {
  const url = `${localOrigin}/control/link`
  if (certificate === undefined) return askPlainly(url, options)
  const own = { ca: certificate, allowPartialTrustChain: true, checkServerIdentity: () => undefined }
  return askOverTls(url, { ...options, ...own, agent: false })
}

function noLink(cause?: unknown): AuthError {
  return new AuthError('ERR_CONFIG_LISTEN', 'The gateway gave no link.', {
    advice: 'Stop it and start it again.',
    cause,
  })
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AnsweredPath } from './answering.js'
import type { Question } from './asked-request.js'
import { Departure } from './departure.js'
import { Refusal } from './refusal.js'

/** A question that came by a connection, and where it asks. */
export interface IncomingQuestion {
  readonly path: AnsweredPath
  readonly question: Question
}

const paths: ReadonlyMap<string | undefined, AnsweredPath> = new Map([
  ['/v1/responses', '/v1/responses'],
  ['/v1/chat/completions', '/v1/chat/completions'],
])

/** A body that has to be unpacked, or that its sender wants to be asked for. */
const unusual = ['content-encoding', 'transfer-encoding', 'expect', 'upgrade']

const plainHost = /^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i

/**
 * What is asked, when it is asked plainly: a `POST` with a key and a body of known length, none of whose headers comes twice. That is what every client
 * sends, and it takes no `Request` to answer. Everything else is `undefined` here, and for the routes to judge.
 *
 * @param protocol Of the gateway: `http:`
 */
export function readIncomingQuestion(
  protocol: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): IncomingQuestion | undefined {
  const path = incoming.method === 'POST' ? paths.get(incoming.url) : undefined
  if (path === undefined) return undefined
  const { headers, rawHeaders } = incoming
  // Readers differ in what they make of a header that comes twice.
  if (Object.keys(headers).length * 2 !== rawHeaders.length) return undefined
  const { host, authorization, 'content-length': length } = headers
  if (host === undefined || authorization === undefined || length === undefined || !plainHost.test(host))
    return undefined
  if (unusual.some((name) => name in headers)) return undefined
  return { path, question: new ConnectionQuestion(`${protocol}//${host}${path}`, incoming, outgoing) }
}

class ConnectionQuestion implements Question {
  readonly method = 'POST'
  readonly url: string
  readonly #incoming: IncomingMessage
  readonly #departure = new Departure()

  constructor(url: string, incoming: IncomingMessage, outgoing: ServerResponse) {
    this.url = url
    this.#incoming = incoming
    const leave = () => {
      if (!outgoing.writableFinished) this.#departure.leave()
    }
    outgoing.on('close', leave)
    if (!outgoing.socket) tellBehindAnother(incoming, outgoing, leave)
  }

  get headers(): Question['headers'] {
    return this
  }

  /** One of its headers. */
  get(name: string): string | null {
    const value = this.#incoming.headers[name]
    return typeof value === 'string' ? value : null
  }

  get hasLeft(): boolean {
    return this.#departure.hasLeft
  }

  get signal(): AbortSignal {
    return this.#departure.signal
  }

  whenLeft(listener: () => void): () => void {
    return this.#departure.whenLeft(listener)
  }

  /** No server hands out more than the length that was announced. */
  async readText(maximumBytes: number): Promise<string> {
    if (Number(this.get('content-length')) > maximumBytes) {
      throw new Refusal(413, 'body_too_large', `The body is larger than ${maximumBytes} bytes.`)
    }
    const incoming = this.#incoming
    const chunks: Uint8Array[] = []
    return new Promise((resolve, reject) => {
      const fail = () => {
        if (!incoming.readableEnded) reject(new Refusal(400, 'body_incomplete', 'The body did not come to its end.'))
      }
      // Of one that is destroyed already, nothing more is told.
      if (incoming.destroyed) return fail()
      incoming
        .on('data', (chunk: Uint8Array) => chunks.push(chunk))
        .on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
        .on('error', fail)
        .on('close', fail)
    })
  }
}

/** Behind others on its connection, what is to be written has no socket yet that would tell of its end. */
function tellBehindAnother({ socket }: IncomingMessage, outgoing: ServerResponse, leave: () => void): void {
  socket.setMaxListeners(0).on('close', leave)
  outgoing.on('close', () => socket.off('close', leave))
}

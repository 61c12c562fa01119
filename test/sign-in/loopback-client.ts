import { once } from 'node:events'
import { request, type IncomingHttpHeaders } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** What a visit got. */
export interface Visit {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface VisitOptions {
  readonly host?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Asks a port of this machine the way a browser would, but follows nothing, and sends the headers it is told to. */
export async function visit(port: number, path: string, options: VisitOptions = {}): Promise<Visit> {
  const { host = '127.0.0.1', method = 'GET', headers = {} } = options
  const asking = request({ host, port, path, method, headers, agent: false }).end()
  const [response] = await once(asking, 'response')
  let body = ''
  for await (const chunk of response.setEncoding('utf8')) body += String(chunk)
  return { status: response.statusCode, headers: response.headers, body }
}

/** A connection that says what it is told, and no more. */
export async function dial(port: number, text = '', host = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host })
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

/** Everything the other side says until it hangs up. */
export async function hear(socket: Socket): Promise<string> {
  let heard = ''
  for await (const chunk of socket.setEncoding('utf8')) heard += String(chunk)
  return heard
}

/** Whether somebody listens on a port of this machine. */
export async function isListening(port: number, host = '127.0.0.1'): Promise<boolean> {
  const socket = connect({ port, host })
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** A program of somebody else's on a port: takes what is said to it, and answers `answer`. */
export async function foreignServer(options: { port?: number; host?: string; answer?: string } = {}) {
  const { port = 0, host = '127.0.0.1', answer = 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n' } = options
  const heard: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.setEncoding('utf8').on('data', (text) => {
      heard.push(String(text))
      socket.end(answer)
    })
  })
  server.listen(port, host)
  await once(server, 'listening')
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    if (!server.listening) return
    server.close()
    await once(server, 'close')
  }
  onTestFinished(close)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('The server has no port.')
  return { port: address.port, heard, close }
}

import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Stands before an emulator, passes everything on as it is, and notes the secrets that go by. */
export interface RecordingProxy {
  readonly url: string
  readonly secrets: ReadonlySet<string>
  close(): Promise<void>
}

/** Members of the issuer's answers that nobody but the client may see. */
const secretMembers =
  /"(?:access_token|refresh_token|id_token|authorization_code|code_verifier|device_auth_id)"\s*:\s*"([^"]+)"/g

export async function createRecordingProxy(target: string): Promise<RecordingProxy> {
  const secrets = new Set<string>()
  const note = (text: string) => {
    for (const [, secret = ''] of text.matchAll(secretMembers)) secrets.add(secret)
  }
  const server = createServer((incoming, outgoing) => passOn(incoming, outgoing, target, note))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secrets,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** A connection that breaks on one side is broken on the other, so that faults come through. */
function passOn(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  target: string,
  note: (text: string) => void,
): void {
  const { method, headers, url = '/' } = incoming
  const upstream = request(new URL(url, target), { method, headers, agent: false }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    outgoing.flushHeaders()
    let text = ''
    answer.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
    answer.on('end', () => note(text))
    answer.on('error', () => outgoing.destroy())
    answer.pipe(outgoing)
  })
  upstream.on('error', () => incoming.socket.destroy())
  outgoing.on('close', () => upstream.destroy())
  incoming.pipe(upstream)
}

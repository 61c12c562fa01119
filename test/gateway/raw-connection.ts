import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A connection that says what no client would. */
export interface RawConnection {
  readonly socket: Socket
  readonly write: (text: string) => void
  /** Everything that was answered, once the other side has closed. */
  readonly answered: Promise<string>
}

export async function connectRaw(origin: string): Promise<RawConnection> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  // Being cut off is what is tested.
  socket.on('error', () => {})
  const answered = new Promise<string>((resolve) => {
    socket.once('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
  })
  await once(socket, 'connect')
  return { socket, answered, write: (text) => void socket.write(text) }
}

/** The status line of what was answered. */
export function statusOf(answered: string): number {
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answered)?.[1] ?? 0)
}

import type { ChannelListener, OpenChannel } from '../../src/app-server/channel.js'
import { AuthError } from '../../src/core/index.js'

export type Message = Readonly<Record<string, unknown>>

/** The other end of a channel, in the hands of the test. */
export interface FakeChannel {
  readonly open: OpenChannel
  /** What was sent so far. */
  readonly sent: Message[]
  /** The server says something: text as it is, anything else as JSON. */
  readonly receive: (message: unknown) => void
  /** The server is gone. */
  readonly end: () => void
}

export function createFakeChannel(): FakeChannel {
  const sent: Message[] = []
  let listener: ChannelListener | undefined
  const end = () => listener?.closed(new AuthError('ERR_RPC_CLOSED', 'The test has ended it.'))
  return {
    sent,
    open: async (opened) => {
      listener = opened
      return { send: (text) => void sent.push(JSON.parse(text) as Message), close: async () => end() }
    },
    receive: (message) => listener?.message(typeof message === 'string' ? message : JSON.stringify(message)),
    end,
  }
}

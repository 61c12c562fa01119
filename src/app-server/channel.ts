import type { AuthError } from '../core/index.js'

/** A way to an app server that carries whole messages, in order. */
export interface Channel {
  /** Sends one message; what is sent after the end goes nowhere. */
  send(text: string): void
  /** Ends it within a bounded time, with everything it started. Safe to call twice. */
  close(): Promise<void>
}

/** Who is told what a channel brings. */
export interface ChannelListener {
  readonly message: (text: string) => void
  /** Once, when nothing more will come; the error says why. */
  readonly closed: (error: AuthError) => void
}

/** Starts a channel. The listener hears nothing before the returned promise settles. */
export type OpenChannel = (listener: ChannelListener) => Promise<Channel>

/** More than any message of a server that works, and less than what would hurt. */
export const defaultMaxMessageBytes = 64 * 1024 * 1024

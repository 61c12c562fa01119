import type { ConsoleEvent } from '../../gateway/index.js'

export interface ListenOptions {
  readonly onOpen: () => void
  readonly onEvent: (event: ConsoleEvent) => void
  readonly onLost: () => void
  /** How long to wait when the browser has given up by itself. */
  readonly retryMs: number
}

const eventTypes: readonly ConsoleEvent['type'][] = ['sign-in', 'profiles', 'models', 'usage', 'request']

/** Hears what happens at the gateway, for as long as the page is open: a lost connection is opened again. */
export function listen(path: string, { onOpen, onEvent, onLost, retryMs }: ListenOptions): void {
  const source = new EventSource(path)
  source.addEventListener('open', onOpen)
  for (const type of eventTypes) {
    source.addEventListener(type, ({ data }: MessageEvent<string>) => {
      const event: ConsoleEvent = JSON.parse(data)
      onEvent(event)
    })
  }
  source.addEventListener('error', () => {
    onLost()
    if (source.readyState !== EventSource.CLOSED) return
    setTimeout(() => listen(path, { onOpen, onEvent, onLost, retryMs }), retryMs)
  })
}

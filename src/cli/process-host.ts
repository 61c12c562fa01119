import { systemClock } from '../core/index.js'
import { environmentNames, type Environment, type Host, type Input, type Output } from './host.js'

interface ProcessHost extends Host {
  /** Stops listening for signals, so that the process can end. */
  dispose(): void
}

const stopSignals = ['SIGINT', 'SIGTERM'] as const

/** The process itself. A signal is listened for once somebody wants to know; until then it ends the process, as it always does. */
export function createProcessHost(): ProcessHost {
  let controller: AbortController | undefined
  const stop = () => controller?.abort()

  function interrupted(): AbortSignal {
    if (controller) return controller.signal
    controller = new AbortController()
    for (const signal of stopSignals) process.once(signal, stop)
    return controller.signal
  }

  return {
    environment: readEnvironment(),
    clock: systemClock,
    stdout: toOutput(() => process.stdout),
    stderr: toOutput(() => process.stderr),
    stdin: createInput(interrupted),
    get interrupted() {
      return interrupted()
    },
    dispose: () => {
      for (const signal of stopSignals) process.off(signal, stop)
    },
  }
}

function readEnvironment(): Environment {
  return Object.fromEntries(environmentNames.map((name) => [name, process.env[name]]))
}

/** A stream is opened when it is first written to: opening one is a good part of a command's start, and most write to one only. */
function toOutput(open: () => NodeJS.WriteStream): Output {
  let opened: NodeJS.WriteStream | undefined
  const stream = () => (opened ??= ignoreLostReader(open()))
  return {
    write: (text) => void stream().write(text),
    get isTerminal() {
      return stream().isTTY
    },
    get columns() {
      return stream().columns ?? 80
    },
  }
}

/** A reader that has gone away (`planpass models | head -1`) is no failure. */
function ignoreLostReader(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  return stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

function createInput(interrupted: () => AbortSignal): Input {
  return {
    get isTerminal() {
      return process.stdin.isTTY
    },
    readAll: async () => {
      const { addAbortSignal } = await import('node:stream')
      let text = ''
      process.stdin.setEncoding('utf8')
      for await (const chunk of addAbortSignal(interrupted(), process.stdin)) text += String(chunk)
      return text
    },
    readPaste: async (signal) => (await import('./read-paste.js')).readPaste(process.stdin, systemClock, signal),
  }
}

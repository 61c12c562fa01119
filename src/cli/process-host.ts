import { addAbortSignal } from 'node:stream'
import { isatty } from 'node:tty'
import { systemClock } from '../core/index.js'
import { environmentNames, type Environment, type Host, type Input, type Output } from './host.js'

interface ProcessHost extends Host {
  /** Stops listening for signals, so that the process can end. */
  dispose(): void
}

const stopSignals = ['SIGINT', 'SIGTERM'] as const

/** The process itself. */
export function createProcessHost(): ProcessHost {
  const controller = new AbortController()
  const stop = () => controller.abort()
  for (const signal of stopSignals) process.once(signal, stop)
  return {
    environment: readEnvironment(),
    clock: systemClock,
    stdout: toOutput(process.stdout),
    stderr: toOutput(process.stderr),
    stdin: createInput(controller.signal),
    interrupted: controller.signal,
    dispose: () => {
      for (const signal of stopSignals) process.off(signal, stop)
    },
  }
}

function readEnvironment(): Environment {
  return Object.fromEntries(environmentNames.map((name) => [name, process.env[name]]))
}

function toOutput(stream: NodeJS.WriteStream & { readonly fd: number }): Output {
  // A reader that has gone away (`planpass models | head -1`) is no failure.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  return {
    write: (text) => void stream.write(text),
    isTerminal: isatty(stream.fd),
    get columns() {
      return stream.columns ?? 80
    },
  }
}

function createInput(interrupted: AbortSignal): Input {
  return {
    get isTerminal() {
      return isatty(0)
    },
    readAll: async () => {
      let text = ''
      process.stdin.setEncoding('utf8')
      for await (const chunk of addAbortSignal(interrupted, process.stdin)) text += String(chunk)
      return text
    },
  }
}

import { connect, createServer } from 'node:net'
import { findPortHolder, registeredPorts } from '../../sign-in/index.js'
import type { Check, Verdict } from './check.js'

/** Where a browser sign-in is answered: OpenAI sends the person back to these two and no others (protocol 2.2). */
export const checkPorts: Check = () => examinePorts(Object.values(registeredPorts))

export async function examinePorts(ports: readonly number[]): Promise<Verdict> {
  const states = await Promise.all(ports.map(async (port) => ({ port, trouble: await findTrouble(port) })))
  const words = states.map(({ port, trouble }) => `${port} is ${trouble ?? 'free'}`)
  const summary = `${words.join(', ')}.`
  if (states.every(({ trouble }) => trouble === undefined)) return { state: 'ok', summary }
  return {
    state: 'warn',
    summary,
    advice: 'A browser sign-in needs one of them; end what holds it, or sign in with `planpass login --device`.',
  }
}

/** Who answers is asked first, so that nobody's port is taken, not even for a moment, while somebody uses it. */
async function findTrouble(port: number): Promise<string | undefined> {
  const isAnswered = await Promise.all(['127.0.0.1', '::1'].map((host) => isAnsweredAt(host, port)))
  if (isAnswered.includes(true)) return `held by ${(await findPortHolder(port)) ?? 'another program'}`
  const refusal = await tryListening(port)
  if (refusal === undefined) return undefined
  return refusal === 'EADDRINUSE' ? 'held by another program' : `not to be had (${refusal})`
}

const timeoutMs = 1000

function isAnsweredAt(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs })
    const end = (isAnswered: boolean) => {
      socket.destroy()
      resolve(isAnswered)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}

/** The system's word for why not: Windows keeps ranges of ports to itself, and answers EACCES. */
function tryListening(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

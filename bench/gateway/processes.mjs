import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const patienceMs = 30_000

/** Starts a process of this folder and waits for what it has to say. It ends with this one. */
export async function start(file, args = []) {
  const child = fork(join(import.meta.dirname, file), args, { execArgv: ['--expose-gc'], env: {} })
  const [facts] = await once(child, 'message', { signal: AbortSignal.timeout(patienceMs) })
  return {
    ...facts,
    /** What it has used: memory now, processor time since it was started. */
    async use() {
      child.send('use')
      const [used] = await once(child, 'message', { signal: AbortSignal.timeout(patienceMs) })
      return used
    },
    stop: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

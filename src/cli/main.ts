import { createProcessHost } from './process-host.js'
import { run } from './run.js'

async function main(): Promise<void> {
  const host = createProcessHost()
  process.exitCode = await run(process.argv.slice(2), host)
  host.dispose()
}

// A promise that rejects here is a bug, and ends the process with its stack and exit code 1.
void main()

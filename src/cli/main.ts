import { createProcessHost } from './process-host.js'
import { run } from './run.js'

const host = createProcessHost()
process.exitCode = await run(process.argv.slice(2), host)
host.dispose()

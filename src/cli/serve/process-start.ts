import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const runFile = promisify(execFile)

/**
 * When the process with this id was started, in whatever form the system tells it; `undefined` when there is none. An id is given to another
 * process sooner or later: only the id and the start together are one process.
 */
export async function readProcessStart(pid: number): Promise<string | undefined> {
  try {
    return (await readStart(pid)) || undefined
  } catch {
    return undefined
  }
}

async function readStart(pid: number): Promise<string> {
  if (process.platform === 'linux') return startInStat(await readFile(`/proc/${pid}/stat`, 'utf8'))
  const [program, ...args] =
    process.platform === 'win32'
      ? ['powershell.exe', '-NoProfile', '-Command', `(Get-Process -Id ${pid}).StartTime.Ticks`]
      : ['/bin/ps', '-p', String(pid), '-o', 'lstart=']
  const { stdout } = await runFile(program ?? '', args)
  return stdout.trim()
}

/** The 22nd field (proc_pid_stat(5)). The second may hold spaces and parentheses, so the fields are counted from its end; a zombie has ended. */
function startInStat(stat: string): string {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' ? '' : (fields[19] ?? '')
}

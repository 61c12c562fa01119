// Checks what git tracks: nothing in it may name the machine it was written on, or the registry it was installed from.
// (Focused, skipped and unfinished tests are the linter's, see .oxlintrc.json.)
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'

const git = (...args) => execFileSync('git', args, { encoding: 'utf8' })
const root = git('rev-parse', '--show-toplevel').trim()

/** Paths that exist on one machine only: this checkout, this home folder, and where others usually lie. */
const machineFolders = [root, homedir()].filter((path) => path !== '/').map((path) => `${path}/`)
const usualMachineFolder = /(?<![\w./:-])\/(?:root|work|workspace|builds|Users\/[a-z]+)\//

const findings = git('ls-files', '-z')
  .split('\0')
  .filter((path) => path !== '')
  .flatMap((path) => findIn(path))

for (const finding of findings) console.error(finding)
console.log(findings.length === 0 ? 'repository: nothing to object to' : `repository: ${findings.length} objections`)
process.exitCode = findings.length === 0 ? 0 : 1

function findIn(path) {
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.flatMap((line, index) => {
    if (namesThisMachine(line)) return [`${path}:${index + 1}: a path of one machine`]
    if (path === 'package-lock.json' && line.includes('"resolved":')) return [`${path}:${index + 1}: a registry host`]
    return []
  })
}

function namesThisMachine(line) {
  return usualMachineFolder.test(line) || machineFolders.some((folder) => line.includes(folder))
}

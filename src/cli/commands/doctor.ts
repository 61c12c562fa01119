import type { CommandRun, Invocation } from '../command.js'
import type { Finding } from '../doctor/check.js'
import { examine } from '../doctor/examine.js'
import { exitCodeOf, exitCodes } from '../exit-codes.js'
import { openProfile } from '../open-profile.js'
import { createStyle } from '../style.js'
import { wrapWords } from '../wrap-words.js'

/** Looks at everything, changes and spends nothing. The exit code is that of the first failure; what is only worth a look fails nobody. */
export const run: CommandRun = async (invocation) => {
  const { host, options } = invocation
  const findings = await examine({ host, profile: openProfile(invocation) })
  const failed = findings.find((finding) => finding.state === 'fail')
  if (options.isSet('json')) {
    host.stdout.write(`${JSON.stringify({ ok: failed === undefined, findings: findings.map(toJson) })}\n`)
  } else {
    host.stdout.write(toText(findings, invocation))
    host.stderr.write(`${conclusion(findings)}\n`)
  }
  return failed ? exitCodeOf(failed.code) : exitCodes.ok
}

function toJson(finding: Finding) {
  const { name, state, summary } = finding
  return {
    name,
    state,
    summary,
    advice: 'advice' in finding ? finding.advice : null,
    code: 'code' in finding ? finding.code : null,
  }
}

/** Advice stands under what it is about. */
function toText(findings: readonly Finding[], { host }: Invocation): string {
  const style = createStyle(host.stdout, host.environment)
  const paint = { ok: style.green, warn: style.yellow, fail: style.red }
  const nameWidth = Math.max(...findings.map(({ name }) => name.length))
  const indent = ' '.repeat(4 + 2 + nameWidth + 2)
  const columns = Math.max(host.stdout.columns - indent.length, 20)
  const lines = findings.flatMap((finding) => {
    const label = `${paint[finding.state](finding.state.padEnd(4))}  ${finding.name.padEnd(nameWidth)}  `
    const [first = '', ...rest] = wrapWords(finding.summary, columns)
    const advice = 'advice' in finding ? wrapWords(finding.advice, columns).map(style.dim) : []
    return [label + first, ...[...rest, ...advice].map((line) => indent + line)]
  })
  return `${lines.join('\n')}\n`
}

function conclusion(findings: readonly Finding[]): string {
  const count = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length
  const [wrong, odd] = [count('fail'), count('warn')]
  if (wrong > 0) return `${wrong === 1 ? 'One thing is' : `${wrong} things are`} wrong.`
  return odd > 0
    ? `Nothing is wrong; ${odd === 1 ? 'one thing is' : `${odd} things are`} worth a look.`
    : 'All is well.'
}

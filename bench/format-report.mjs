import { formatTable } from './format-table.mjs'

const headings = ['', 'measured', 'p10 - p90', 'against', 'ratio', 'p10 - p90', 'aim', 'met']

/** The report as a table for people. */
export function formatReport({ node, platform, cores, rounds, benchmarks }) {
  const table = Object.entries(benchmarks).flatMap(([name, rows]) => [[name], ...rows.map(toCells), []])
  const conditions = `Node ${node}, ${platform}, ${cores} cores, medians of ${rounds} rounds`
  return [conditions, '', formatTable([headings, ...table])].join('\n')
}

function toCells({ name, unit, measured, against = '', ratio, aim, met }) {
  return [
    `  ${name}`,
    `${formatNumber(measured.median)} ${unit}`,
    formatRange(measured),
    against,
    ratio ? formatNumber(ratio.median) : '',
    ratio ? formatRange(ratio) : '',
    aim === undefined ? '' : `<= ${aim}`,
    met === undefined ? '' : met ? 'yes' : 'NO',
  ]
}

function formatRange({ p10, p90 }) {
  return p10 === undefined ? '' : `${formatNumber(p10)} - ${formatNumber(p90)}`
}

/** As many digits as mean something: ratios near 1 differ in the third. */
function formatNumber(value) {
  if (Number.isInteger(value)) return String(value)
  return value < 10 ? value.toFixed(3) : value.toFixed(1)
}

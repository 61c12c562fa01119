const headings = ['', 'measured', 'p10 - p90', 'against', 'ratio', 'p10 - p90', 'aim', 'met']

/** The report as a table for people. */
export function formatReport({ node, platform, cores, rounds, benchmarks }) {
  const table = Object.entries(benchmarks).flatMap(([name, rows]) => [[name], ...rows.map(toCells), []])
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...table.filter((cells) => cells.length > 1).map((cells) => cells[column].length)),
  )
  const toLine = (cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd()
  const conditions = `Node ${node}, ${platform}, ${cores} cores, medians of ${rounds} rounds`
  return [conditions, '', toLine(headings), ...table.map(toLine)].join('\n').trimEnd()
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

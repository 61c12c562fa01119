/**
 * Columns side by side. A row of one cell is a heading that may run on; an empty one is an empty line.
 *
 * @param {readonly (readonly string[])[]} rows
 */
export function formatTable(rows) {
  const wide = rows.filter((cells) => cells.length > 1)
  const widths = wide[0].map((_, column) => Math.max(...wide.map((cells) => cells[column].length)))
  const toLine = (cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd()
  return rows.map(toLine).join('\n').trimEnd()
}

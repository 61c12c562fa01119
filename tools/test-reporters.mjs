/** Where test runs leave their reports when `CI` is set; `tools/test-summary.mjs` counts what lies here. */
export const reportFolder = 'artifacts/test-reports'

/**
 * The reporters of a test run: for people always, and in CI a JSON report as well.
 *
 * @param {string} name names the report's file
 */
export function reporters(name) {
  if (!process.env['CI']) return { reporters: ['default'] }
  return { reporters: ['default', 'json'], outputFile: { json: `${reportFolder}/${name}.json` } }
}

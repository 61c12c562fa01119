import ts from 'typescript'

/**
 * The full titles of the tests in a source text, as patterns: `describe > it`, with whatever stands in for `%s`, `$name` or `${expression}`.
 * Read from the source and not from a run, so that a page can be checked without running thousands of tests.
 */
export function readTestTitles(path, text) {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest)
  return titlesBelow(source, [])
}

function titlesBelow(node, above) {
  const block = readBlock(node)
  if (!block) return childrenOf(node).flatMap((child) => titlesBelow(child, above))
  const titles = [...above, block.pattern]
  if (block.isTest) return [new RegExp(`^${titles.join(' > ')}$`, 'su')]
  return block.bodies.flatMap((body) => titlesBelow(body, titles))
}

/** `it('…', …)`, `describe.each(rows)('…', …)` and their like; `undefined` for anything else. */
function readBlock(node) {
  if (!ts.isCallExpression(node)) return undefined
  const [title, ...bodies] = node.arguments
  const name = blockName(node.expression)
  if (name === undefined || title === undefined) return undefined
  const pattern = toPattern(title)
  return pattern === undefined ? undefined : { isTest: name !== 'describe', pattern, bodies }
}

function blockName(callee) {
  if (ts.isIdentifier(callee)) return ['describe', 'it', 'test'].find((name) => name === callee.text)
  if (ts.isPropertyAccessExpression(callee)) return blockName(callee.expression)
  return ts.isCallExpression(callee) ? blockName(callee.expression) : undefined
}

function toPattern(title) {
  if (ts.isStringLiteralLike(title)) return literalPattern(title.text)
  if (!ts.isTemplateExpression(title)) return undefined
  const rest = title.templateSpans.map(({ literal }) => `.+${literalPattern(literal.text)}`)
  return [literalPattern(title.head.text), ...rest].join('')
}

function literalPattern(text) {
  const parts = text.split(/%[sdifjoO#]|\$[a-zA-Z_][\w.]*/u)
  return parts.map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}/]/gu, String.raw`\$&`)).join('.+')
}

function childrenOf(node) {
  const children = []
  ts.forEachChild(node, (child) => void children.push(child))
  return children
}

/** What a callback says, and what tells a careless paste from it. */
const parameter = /(?<![\w-])(code|state|error|error_description)=([^&#"'`<>()[\]{}|,;“”‘’«»]*)/g

/** Longer than any address, and short enough to look at in every way below. */
const mostCharacters = 8000

/** Colours and cursor movements, the marks of a bracketed paste among them, also when a line editor has eaten the escape character. */
// oxlint-disable-next-line no-control-regex -- these are control characters
const terminalMarks = /\u001B\[[\d;?]*[ -/]*[@-~]|\[20[01]~/g

/**
 * The callbacks a paste may hold, likeliest reading first: lines are parts of one address, then spaces are, too, since some prompts make them
 * of line ends, then neither are, and a greeting follows.
 */
export function toQueries(text: string): URLSearchParams[] {
  const plain = toPlain(text)
  const unwrapped = toLines(plain).join('')
  const readings = [...unwrapped.split(/\s+/), unwrapped.replaceAll(/\s+/g, ''), ...plain.split(/\s+/)]
  return [...new Set(readings)].map(toQuery).filter((query) => query.size > 0)
}

/** What was pasted on one line or wrapped over several, without what surrounds it; `undefined` when it is a sentence. */
export function toOneWord(text: string): string | undefined {
  const lines = toLines(toPlain(text))
  return lines.some((line) => /\s/.test(line)) ? undefined : decodeOnce(trimQuotes(lines.join('')))
}

/** Without what nobody sees, and what shells add to an address. */
export function toPlain(text: string): string {
  return text
    .slice(0, mostCharacters)
    .replaceAll(terminalMarks, '')
    .replaceAll(/[\p{Cf}\\]/gu, '')
    .replaceAll(/[^\P{Cc}\s]/gu, '')
}

/** The lines, without the marks of a quoted mail and the frame of a box around them. */
function toLines(text: string): string[] {
  return text.split(/[\r\n]+/).map((line) => line.replaceAll(/^[\s>|│┃║]+|[\s|│┃║]+$/g, ''))
}

function trimQuotes(text: string): string {
  return text.replaceAll(/^["'`<([“‘«\s]+|["'`>)\]”’»\s.,;]+$/g, '')
}

/** The parameters of a callback. Said twice in the same words is said once: a link names its address as its text, too. */
function toQuery(word: string): URLSearchParams {
  const query = new URLSearchParams()
  const said = new Set<string>()
  for (const [pair, name = '', value = ''] of toReadable(word).matchAll(parameter)) {
    if (said.has(pair)) continue
    said.add(pair)
    query.append(name, toValue(value))
  }
  return query
}

/** An address that was percent-encoded as a whole has no parameters until it is decoded. */
function toReadable(word: string): string {
  const trimmed = word.replaceAll(/[.,;:!?]+$/g, '')
  const once = decodeOnce(trimmed)
  return [trimmed, once, decodeOnce(once)].find((text) => text.includes('=')) ?? trimmed
}

/** Decoded as a form, and once more when it was encoded once too often: no code and no state has a percent sign in it. */
function toValue(encoded: string): string {
  return decodeOnce(new URLSearchParams(`value=${encoded}`).get('value') ?? '')
}

function decodeOnce(text: string): string {
  if (!/%[\da-f]{2}/i.test(text)) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

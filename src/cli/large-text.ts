/** Letter shapes, three by five, row by row. */
const shapes: Readonly<Record<string, string>> = {
  A: '.#. #.# ### #.# #.#',
  B: '##. #.# ##. #.# ##.',
  C: '.## #.. #.. #.. .##',
  D: '##. #.# #.# #.# ##.',
  E: '### #.. ##. #.. ###',
  F: '### #.. ##. #.. #..',
  G: '.## #.. #.# #.# .##',
  H: '#.# #.# ### #.# #.#',
  I: '### .#. .#. .#. ###',
  J: '..# ..# ..# #.# .#.',
  K: '#.# #.# ##. #.# #.#',
  L: '#.. #.. #.. #.. ###',
  M: '#.# ### ### #.# #.#',
  N: '##. #.# #.# #.# #.#',
  O: '### #.# #.# #.# ###',
  P: '##. #.# ##. #.. #..',
  Q: '.#. #.# #.# ### .##',
  R: '##. #.# ##. #.# #.#',
  S: '.## #.. .#. ..# ##.',
  T: '### .#. .#. .#. .#.',
  U: '#.# #.# #.# #.# ###',
  V: '#.# #.# #.# #.# .#.',
  W: '#.# #.# ### ### #.#',
  X: '#.# #.# .#. #.# #.#',
  Y: '#.# #.# .#. .#. .#.',
  Z: '### ..# .#. #.. ###',
  '0': '.#. #.# #.# #.# .#.',
  '1': '.#. ##. .#. .#. ###',
  '2': '##. ..# .#. #.. ###',
  '3': '##. ..# .#. ..# ##.',
  '4': '#.# #.# ### ..# ..#',
  '5': '### #.. ##. ..# ##.',
  '6': '.## #.. ### #.# ###',
  '7': '### ..# .#. .#. .#.',
  '8': '### #.# ### #.# ###',
  '9': '### #.# ### ..# ##.',
  '-': '... ... ### ... ...',
}

const rowCount = 5
const scale = 2

/**
 * `text` in letters three lines high, for reading a code off across a room; no lines at all when a letter has no shape or the result would not
 * fit into `columns`.
 */
export function toLargeText(text: string, columns: number): string[] {
  const letters = Array.from(text.toUpperCase(), (letter) => shapes[letter]?.split(' '))
  const width = letters.length * 4 * scale
  if (width > columns || letters.includes(undefined)) return []
  const pixels = Array.from({ length: rowCount + 1 }, (_, row) =>
    letters.map((letter) => letter?.[row] ?? '...').join('.'),
  )
  const lines = [0, 2, 4].map((row) => toHalfBlocks(pixels[row] ?? '', pixels[row + 1] ?? ''))
  return [...lines, '']
}

/** Two rows of pixels in one line of text, each pixel two characters wide to look square. */
function toHalfBlocks(upper: string, lower: string): string {
  return Array.from(upper, (pixel, column) => halfBlock(pixel === '#', lower[column] === '#').repeat(scale)).join('')
}

function halfBlock(isUpper: boolean, isLower: boolean): string {
  if (isUpper) return isLower ? '█' : '▀'
  return isLower ? '▄' : ' '
}

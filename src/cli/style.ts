import type { Environment, Output } from './host.js'

/** Terminal decoration; every function returns its text unchanged where it would only be noise. */
export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly red: (text: string) => string
  /** A link that terminals which know OSC 8 make clickable; the address itself stays visible. */
  readonly link: (url: string) => string
}

export function createStyle(output: Output, environment: Environment): Style {
  const isPlain = !output.isTerminal || Boolean(environment.NO_COLOR) || environment.TERM === 'dumb'
  const sgr = (on: number, off: number) => (text: string) => (isPlain ? text : `\u001b[${on}m${text}\u001b[${off}m`)
  return {
    bold: sgr(1, 22),
    dim: sgr(2, 22),
    green: sgr(32, 39),
    yellow: sgr(33, 39),
    red: sgr(31, 39),
    link: (url) => (isPlain ? url : `\u001b]8;;${url}\u0007${url}\u001b]8;;\u0007`),
  }
}
